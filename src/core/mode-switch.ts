import type { Clock } from "./clock.ts";
import type { Mode } from "./mode.ts";

/** How a run asks, at the moment: through batches until its deadline, and live from then on. */
export class ModeSwitch {
  readonly #clock: Clock;
  /** In milliseconds since the Unix epoch. */
  liveFrom: number;

  /** @param batchMs How long it asks through batches, in milliseconds: 0 to begin live, infinite to never be. */
  constructor(clock: Clock, batchMs: number) {
    this.#clock = clock;
    this.liveFrom = clock.now() + batchMs;
  }

  get mode(): Mode {
    return this.#clock.now() >= this.liveFrom ? "live" : "batch";
  }

  get isLive(): boolean {
    return this.mode === "live";
  }

  /** Asks live from now on. */
  goLive(): void {
    this.liveFrom = Math.min(this.liveFrom, this.#clock.now());
  }
}
