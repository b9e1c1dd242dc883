import type { Clock } from "./clock.ts";

/** How long a run waits for what it has asked, before it leaves that to a later run. */
export class Patience {
  readonly #clock: Clock;
  /** When it ends, in milliseconds since the Unix epoch; infinite when there is no end to it. */
  readonly endsAt: number;
  /** Whether there is none: what has just been submitted is not even looked at. */
  readonly isNone: boolean;

  /**
   * @param waitMs Undefined for as long as it takes.
   * @param until An earlier end, in milliseconds since the Unix epoch.
   */
  constructor(clock: Clock, waitMs: number | undefined, until = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.isNone = waitMs === 0;
    this.endsAt = Math.min(until, waitMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + waitMs);
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.endsAt;
  }

  /** The part of a wait that falls within it, in milliseconds. */
  within(delayMs: number): number {
    return Math.max(0, Math.min(delayMs, this.endsAt - this.#clock.now()));
  }
}
