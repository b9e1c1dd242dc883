/** JSON Lines. */
export function jsonl(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Requests to a chunk, for the rows below. */
export const CHUNK_ROWS = 5;

/**
 * Three chunks, with every way in which a line can come to grief. Of the first chunk every line comes back, and some
 * have to be asked again; of the second some do not come back.
 */
export const ROWS_THAT_FAIL_IN_MANY_WAYS = [
  jsonl([
    { id: 1, response: "one" },
    { id: 2, response: "[[emulator:status=500,times=1]]" },
    { id: 3, response: "[[emulator:invalid_answer,times=1]]" },
    { id: 4, response: "[[emulator:refuse]]" },
    { id: 5, response: "[[emulator:cut_off,times=1]]" },
    { id: 6, response: "[[emulator:lose,times=1]]" },
  ]),
  "{bad\n",
  jsonl([
    { id: 1, response: "one" },
    { id: 9, response: "[[emulator:corrupt,times=1]]" },
    { id: 10, response: "[[emulator:status=500]]" },
    { id: 11, response: "[[emulator:lose]]" },
    { id: 12 },
    { id: 13, response: "thirteen" },
    { id: 14, response: "fourteen" },
    { id: 15, response: "fifteen" },
  ]),
].join("");
