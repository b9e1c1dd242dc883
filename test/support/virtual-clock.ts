import type { Clock } from "../../src/core/clock.ts";

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** Midday of some day, so that clocks and batch times are plausible ones. */
const START = Date.UTC(2026, 0, 15, 12);

/**
 * A clock that never makes anybody wait. A manual one stands still until it is advanced; an automatic one jumps to
 * the next sleeper's time as soon as the event loop has been around once.
 */
export class VirtualClock implements Clock {
  readonly #isAutomatic: boolean;
  readonly #sleepers = new Set<Sleeper>();
  #now = START;
  #isJumpDue = false;
  /** How long each sleep was to be, in milliseconds. */
  readonly sleeps: number[] = [];

  constructor(kind: "automatic" | "manual" = "automatic") {
    this.#isAutomatic = kind === "automatic";
  }

  now(): number {
    return this.#now;
  }

  /** Milliseconds that have passed since the clock was made. */
  get elapsedMs(): number {
    return this.#now - START;
  }

  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = { wakeAt: this.#now + milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (this.#isAutomatic) this.#jumpSoon();
    });
  }

  /** Lets time pass: sleepers wake in order, each at its time. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await turn();
    for (let next = this.#next(); next !== undefined && next.wakeAt <= until; next = this.#next()) {
      this.#wake(next);
      await turn();
    }
    this.#now = Math.max(this.#now, until);
  }

  #jumpSoon(): void {
    if (this.#isJumpDue) return;
    this.#isJumpDue = true;
    setImmediate(() => {
      this.#isJumpDue = false;
      const next = this.#next();
      if (next === undefined) return;
      this.#wake(next);
      this.#jumpSoon();
    });
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.wakeAt < next.wakeAt) next = sleeper;
    return next;
  }

  #wake(sleeper: Sleeper): void {
    this.#now = Math.max(this.#now, sleeper.wakeAt);
    sleeper.wake();
  }
}

/** Lets everything happen that is ready to. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits, turn by turn, until something is so. Fails the test when it does not come about; a busy machine may take many
 * turns to read a file.
 */
export async function eventually(isSo: () => boolean, turns = 500_000): Promise<void> {
  for (let count = 0; !isSo(); count++) {
    if (count === turns) throw new Error("it did not come about");
    await turn();
  }
}
