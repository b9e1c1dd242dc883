import type { Clock } from "../../../src/core/clock.ts";
import { turn } from "../../support/virtual-clock.ts";

const START = Date.UTC(2026, 0, 15, 12);
/** Turns of the event loop without anything under way after which nothing happens any more by itself. */
const STILL_TURNS = 2;
/** Turns that a file on a quick disk may take. */
const QUICK_TURNS = 200;
/** Real time after which whoever is still at work will be at it for ever. */
const AT_WORK_AT_MOST_MS = 60_000;
/** Wakings at one and the same time after which time will never pass. */
const WAKINGS_AT_MOST = 5_000;

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * The time of a world of several processes and a server: it passes only when it is told to, and not before all have
 * done what they can do now, files included. So the same world goes the same way each time.
 */
export class WorldClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #now = START;
  #wakings = { at: START, count: 0 };

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = this.#add(milliseconds, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Lets something happen that nobody can stop any more. */
  after(milliseconds: number, effect: () => void): void {
    this.#add(milliseconds, effect);
  }

  /**
   * Lets time pass, from one thing to happen to the next.
   *
   * @param settle Brings about what is to happen at the present time.
   */
  async pass(milliseconds: number, settle: () => Promise<void>): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#next();
      if (next === undefined || next.wakeAt > until) break;
      this.#wake(next);
    }
    this.#now = until;
  }

  /** Lets time pass until something is so. @throws when it does not come about in that time */
  async passUntil(isSo: () => boolean, settle: () => Promise<void>, mostMs: number): Promise<void> {
    const until = this.#now + mostMs;
    for (;;) {
      await settle();
      if (isSo()) return;
      const next = this.#next();
      if (next === undefined) throw new Error("everybody waits, and nothing is left that could happen");
      if (next.wakeAt > until) throw new Error(`it has not come to an end within ${mostMs / 3_600_000} hours`);
      this.#wake(next);
    }
  }

  #add(milliseconds: number, effect: () => void): Sleeper {
    const wake = () => {
      this.#sleepers.delete(sleeper);
      effect();
    };
    const sleeper = { wakeAt: this.#now + Math.max(0, milliseconds), wake };
    this.#sleepers.add(sleeper);
    return sleeper;
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.wakeAt < next.wakeAt) next = sleeper;
    return next;
  }

  #wake({ wakeAt, wake }: Sleeper): void {
    this.#now = Math.max(this.#now, wakeAt);
    const count = this.#wakings.at === this.#now ? this.#wakings.count + 1 : 1;
    this.#wakings = { at: this.#now, count };
    if (count > WAKINGS_AT_MOST) throw new Error("time stands still: somebody waits for no time at all, for ever");
    wake();
  }
}

/** Waits until nothing is under way any more in this process, files included. */
export async function stillness(): Promise<void> {
  const startedAt = performance.now();
  for (let still = 0, turns = 0; still < STILL_TURNS; turns++) {
    await (turns < QUICK_TURNS ? turn() : pause());
    still = isAtWork() ? 0 : still + 1;
    if (performance.now() - startedAt > AT_WORK_AT_MOST_MS) throw new Error("somebody is at work without end");
  }
}

function isAtWork(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith("FS") || name === "CloseReq");
}

/** Leaves the processor to others for a while. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
