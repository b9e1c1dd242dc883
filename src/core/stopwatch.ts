/** Adds up the time in which at least one of several waits was going on. The one that goes on now counts, too. */
export class Stopwatch {
  readonly #now: () => number;
  #waits = 0;
  #since = 0;
  #elapsedMs = 0;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  start(): void {
    if (this.#waits++ === 0) this.#since = this.#now();
  }

  /** Ends one wait; as often as {@link start}. */
  stop(): void {
    if (--this.#waits === 0) this.#elapsedMs += this.#now() - this.#since;
  }

  get seconds(): number {
    const current = this.#waits === 0 ? 0 : this.#now() - this.#since;
    return (this.#elapsedMs + current) / 1000;
  }
}
