/** Answers are counted over the current period and the one before. */
const PERIOD_MS = 5000;
/** A shorter time says little about a rate. */
const MIN_ELAPSED_MS = 1000;

/** How many answers per second there were lately. */
export class AnswerRate {
  #since = Number.NEGATIVE_INFINITY;
  #periodAt = Number.NEGATIVE_INFINITY;
  #previous = 0;
  #current = 0;

  onAnswered(now: number): void {
    const elapsedMs = now - this.#periodAt;
    if (elapsedMs >= 2 * PERIOD_MS) this.restart(now);
    else if (elapsedMs >= PERIOD_MS) this.#roll(now);
    this.#current++;
  }

  /** Counts from now on. */
  restart(now: number): void {
    this.#since = now;
    this.#periodAt = now;
    this.#previous = 0;
    this.#current = 0;
  }

  /** @returns undefined when there was no answer */
  perSecond(now: number): number | undefined {
    const count = this.#previous + this.#current;
    return count === 0 ? undefined : (count * 1000) / Math.max(MIN_ELAPSED_MS, now - this.#since);
  }

  #roll(now: number): void {
    this.#since = this.#periodAt;
    this.#periodAt = now;
    this.#previous = this.#current;
    this.#current = 0;
  }
}
