import type { RateLimit } from "./rate-limit-headers.ts";
import { SlidingWindow, type Slot } from "./sliding-window.ts";

const MINUTE_MS = 60_000;
/** What may be spent at once: two seconds' worth, or a few calls if they are larger than that, within bounds. */
const BURST_SHARE = 1 / 30;
const BURST_CALLS = 4;
const MAX_BURST_SHARE = 1 / 8;
/** Nearly a minute: what is empty and says that it is full again no earlier fills evenly. */
const REFILL_MS = 57_000;
/** The longest wait a provider may impose: it is asked again after that. */
const MAX_WAIT_MS = 60_000;

/** What was taken from a budget, until it is known what it came to. */
export interface Spending {
  readonly cost: number;
  readonly slot: Slot | undefined;
}

interface HeedOccasion {
  readonly now: number;
  /** Whether there is a retry-after, which is more to the point than the time of a reset. */
  readonly isWaitNamed: boolean;
}

/**
 * So much per minute, of requests or of tokens, spent evenly.
 *
 * It is a bucket that holds two seconds' worth and fills just so fast that a full one and what flows in within a
 * minute come to the limit. For large calls, of which more is reserved than they are billed in the end, it holds more.
 * What costs more than it holds is let pass when it is full, and the debt is paid off before the next. A window over
 * the last 60 seconds sees that none of this goes beyond the limit.
 *
 * A limit that only the provider has named is that of its own bucket, which holds a minute's worth and says how full it
 * is: as much may be spent at once.
 */
export class RateBudget {
  readonly #ownLimit: number | undefined;
  readonly #window = new SlidingWindow(MINUTE_MS);
  #limit = Number.POSITIVE_INFINITY;
  #burst = 0;
  #perMs = 0;
  #level = 0;
  #levelAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;

  /** @param perMinute undefined where nothing is known, until {@link heed} is told of a limit */
  constructor(perMinute: number | undefined) {
    this.#ownLimit = perMinute;
    if (perMinute !== undefined) this.#setLimit(perMinute);
    this.#level = this.#burst;
  }

  /** The earliest time at which so much may be taken, as far as can be told now: not to be waited for past `now`. */
  readyAt(cost: number, now: number): number {
    if (this.#limit === Number.POSITIVE_INFINITY) return Math.max(now, this.#notBefore);
    this.#makeRoomFor(cost);
    this.#refill(now);
    const lacking = Math.min(cost, this.#burst) - this.#level;
    // Whole milliseconds: a wait that is lost in the rounding of a time would never come to an end.
    const filledAt = lacking > 0 ? now + Math.ceil(lacking / this.#perMs) : now;
    const roomAt = this.#ownLimit === undefined ? now : this.#window.roomAt(cost, this.#limit, now);
    return Math.max(filledAt, roomAt, this.#notBefore);
  }

  /** Takes it, whether or not {@link readyAt} says so. */
  take(cost: number, now: number): Spending {
    if (this.#limit === Number.POSITIVE_INFINITY) return { cost, slot: undefined };
    this.#refill(now);
    this.#level -= cost;
    return { cost, slot: this.#window.add(cost, now) };
  }

  /** Says what a spending came to in the end: the rest is given back, or the excess is taken too. */
  settle({ cost, slot }: Spending, actual: number, now: number): void {
    if (slot === undefined || actual === cost) return;
    this.#refill(now);
    this.#level = Math.min(this.#burst, this.#level + cost - actual);
    this.#window.correct(slot, actual - cost);
  }

  /** Obeys what the provider says, where it allows less than was thought. */
  heed({ limit, remaining, resetMs }: RateLimit, { now, isWaitNamed }: HeedOccasion): void {
    this.#refill(now);
    if (limit !== undefined && limit > 0) this.#setLimit(Math.min(limit, this.#ownLimit ?? limit));
    if (remaining === undefined) return;
    this.#level = Math.min(this.#level, remaining);
    if (remaining > 0 || resetMs === undefined || isWaitNamed) return;
    // OpenAI's reset is that of a bucket to its brim, which takes a minute from empty; it need not be sat out.
    if (limit !== undefined && resetMs >= REFILL_MS) return;
    this.#notBefore = Math.max(this.#notBefore, now + Math.ceil(Math.min(resetMs, MAX_WAIT_MS)));
  }

  #setLimit(perMinute: number): void {
    if (perMinute === this.#limit) return;
    const isFirst = this.#limit === Number.POSITIVE_INFINITY;
    this.#limit = perMinute;
    const isOwn = this.#ownLimit !== undefined;
    this.#burst = isOwn ? Math.max(1, Math.floor(perMinute * BURST_SHARE)) : perMinute;
    // A first one at the very beginning of a window, its last one at the end: hence the 1.
    this.#perMs = (isOwn ? perMinute - this.#burst + 1 : perMinute) / MINUTE_MS;
    this.#level = isFirst ? this.#burst : Math.min(this.#level, this.#burst);
  }

  /** Of a request, which costs 1, nothing is ever given back. */
  #makeRoomFor(cost: number): void {
    if (cost <= 1) return;
    const burst = Math.floor(Math.min(cost * BURST_CALLS, this.#limit * MAX_BURST_SHARE));
    if (burst > this.#burst) this.#burst = burst;
  }

  #refill(now: number): void {
    const elapsedMs = Math.max(0, now - this.#levelAt);
    this.#levelAt = Math.max(now, this.#levelAt);
    if (this.#perMs > 0) this.#level = Math.min(this.#burst, this.#level + elapsedMs * this.#perMs);
  }
}
