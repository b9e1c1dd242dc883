const START = 8;
const MAX = 256;

/**
 * How many calls at a time a server bears, found out as TCP finds out a line's capacity (RFC 5681): one more for each
 * answer up to a threshold, from there on one more for as many answers as calls are let in, half as many after a
 * refusal.
 */
export class AdaptiveConcurrency {
  #limit = START;
  #threshold = MAX;

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** @param isFull Whether as many were under way as may be; if not, the answer tells nothing about more of them. */
  onAnswered(isFull: boolean): void {
    if (!isFull) return;
    this.#limit = Math.min(MAX, this.#limit + (this.#limit < this.#threshold ? 1 : 1 / this.#limit));
  }

  onRefused(): void {
    this.#limit = Math.max(1, this.#limit / 2);
    this.#threshold = this.#limit;
  }
}
