const MINUTE_MS = 60_000;

/** A bucket that holds what may pass in a minute, and fills within one. */
export class MinuteBucket {
  readonly limit: number;
  #level: number;
  #at: number;

  constructor(limit: number, now: number) {
    this.limit = limit;
    this.#level = limit;
    this.#at = now;
  }

  /** How long until so much is there, in milliseconds. More than it holds is there when it is full. */
  waitMs(cost: number, now: number): number {
    return Math.ceil(this.#timeMs(Math.min(cost, this.limit) - this.#levelAt(now)));
  }

  take(cost: number, now: number): void {
    this.#level = this.#levelAt(now) - cost;
  }

  /** What is left, in whole numbers. */
  remaining(now: number): number {
    return Math.max(0, Math.floor(this.#levelAt(now)));
  }

  /** How long until it is full, in milliseconds. */
  resetMs(now: number): number {
    return Math.ceil(this.#timeMs(this.limit - this.#levelAt(now)));
  }

  #timeMs(amount: number): number {
    return (Math.max(0, amount) * MINUTE_MS) / this.limit;
  }

  #levelAt(now: number): number {
    this.#level = Math.min(this.limit, this.#level + ((now - this.#at) * this.limit) / MINUTE_MS);
    this.#at = now;
    return this.#level;
  }
}
