/** Shares of a batch's duration: the first tenth goes into validating, the last into finalizing. */
const VALIDATED_SHARE = 0.1;
const ANSWERED_SHARE = 0.9;

/** What is due when in the life of a batch. Times are milliseconds since the Unix epoch. */
export class BatchTimeline {
  readonly validatedMs: number;
  readonly answeredMs: number;
  readonly endMs: number;

  constructor(createdMs: number, batchSeconds: number) {
    const duration = batchSeconds * 1000;
    this.validatedMs = createdMs + duration * VALIDATED_SHARE;
    this.answeredMs = createdMs + duration * ANSWERED_SHARE;
    this.endMs = createdMs + duration;
  }

  /** How many of a batch's requests may be answered by now: evenly over the time in progress. */
  dueRequests(total: number, nowMs: number): number {
    if (nowMs >= this.answeredMs) return total;
    const share = (nowMs - this.validatedMs) / (this.answeredMs - this.validatedMs);
    return Math.floor(total * Math.max(0, share));
  }
}
