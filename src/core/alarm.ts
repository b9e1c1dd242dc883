import type { Clock } from "./clock.ts";

/** Calls back at a time that may be moved. It is one sleep of the clock, or none. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at a time (milliseconds since the Unix epoch) or, where it is set to an earlier one, then. */
  set(at: number): void {
    if (this.#set !== undefined && this.#set.at <= at) return;
    this.clear();
    const stop = new AbortController();
    this.#set = { at, stop };
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), stop.signal).then(
      () => this.#onTime(stop),
      () => {},
    );
  }

  /** Does not ring after all. */
  clear(): void {
    this.#set?.stop.abort();
    this.#set = undefined;
  }

  #onTime(stop: AbortController): void {
    if (this.#set?.stop !== stop) return;
    this.#set = undefined;
    this.#ring();
  }
}
