/**
 * How long the provider keeps what a run leaves there, so that nothing stays for good when a run is never gone on with.
 * Source: the specification's `expires_after` of `POST /files` and `output_expires_after` of `POST /batches`, both 3,600
 * to 2,592,000 s from the file's creation; Azure takes no less than 1,209,600 s (its guide to batch).
 */

/** Two weeks: a batch has ended after a day, and its input is needed no more. */
export const INPUT_EXPIRY = { anchor: "created_at", seconds: 1_209_600 } as const;

/** Thirty days, the longest there is: results are paid for. */
export const OUTPUT_EXPIRY = { anchor: "created_at", seconds: 2_592_000 } as const;
