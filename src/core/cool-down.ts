import { AnswerRate } from "./answer-rate.ts";
import { type Backoff, nextDelay } from "./backoff.ts";

/** Without a `retry-after`. */
const UNNAMED: Backoff = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.3 };
/** A named wait is taken for longer by up to this share, so that many clients do not come back as one. */
const NAMED_JITTER = 0.1;
const MIN_NAMED_MS = 100;
/** The longest wait a provider may impose: it is asked again after that. */
const MAX_NAMED_MS = 60_000;
/** A refusal within so long after a cool-down makes the next one longer. */
const SLOW_START_MS = 4000;
/** The pace, in calls per second, right after a cool-down when nothing had been answered before. */
const BLIND_PER_SECOND = 2;
const SLOWEST_PER_SECOND = 1 / 60;
/** Below so many calls per second there is no herd to fear, and nothing to grow from. */
const SLOW_PER_SECOND = 1;
/** A named wait that was too short is taken for so many times as long at the most: it was not made up. */
const MOST_DOUBLINGS = 4;
/** Calls that come faster than this are not held back any more. */
const UNHINDERED_PER_SECOND = 1000;
/** The pace begins at the share of what was answered before that two doublings make up for. */
const DOUBLINGS = 2;
const GROWTH_PER_SECOND = 1.2;
/** How far calls may fall behind the pace and still make up for it: timers are late by a millisecond or so. */
const MAX_LAG_MS = 20;

/**
 * What a 429 means for all calls: none starts until a cool-down is over, and then they start at a growing pace. It
 * begins at a quarter of what was answered per second before the 429, doubles every second until it is there, and grows
 * by a fifth per second from then on.
 */
export class CoolDown {
  readonly #random: () => number;
  readonly #answerRate = new AnswerRate();
  #count = 0;
  #level = 0;
  #until = Number.NEGATIVE_INFINITY;
  #nextStartAt = Number.NEGATIVE_INFINITY;
  #target = Number.POSITIVE_INFINITY;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How many there have been. What it was when a call started tells whether a 429 to it is news. */
  get count(): number {
    return this.#count;
  }

  /** When the next call may start, in milliseconds since the Unix epoch. */
  readyAt(now: number): number {
    return Math.max(now, this.#until, Math.ceil(this.#nextStartAt));
  }

  onStarted(now: number): void {
    const pace = this.#paceAt(now);
    if (pace < UNHINDERED_PER_SECOND) this.#nextStartAt = Math.max(this.#nextStartAt, now - MAX_LAG_MS) + 1000 / pace;
  }

  onAnswered(now: number): void {
    this.#answerRate.onAnswered(now);
  }

  /**
   * A 429 to a call that started when there had been `count` cool-downs. One that started before the last of them only
   * has its retry-after heeded.
   *
   * @returns how long the cool-down takes that begins now, in milliseconds, if one does
   */
  onRefused(count: number, retryAfterMs: number | undefined, now: number): number | undefined {
    const namedMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, MAX_NAMED_MS);
    if (count < this.#count) {
      if (namedMs !== undefined) this.#extend(now + namedMs);
      return undefined;
    }
    this.#level = now < this.#until + SLOW_START_MS ? this.#level + 1 : 0;
    const delayMs = Math.ceil(this.#delayMs(namedMs));
    this.#target = this.#nextTarget(now);
    this.#answerRate.restart(now);
    this.#count++;
    this.#extend(now + delayMs);
    return delayMs;
  }

  #delayMs(namedMs: number | undefined): number {
    if (namedMs === undefined) return nextDelay(UNNAMED, this.#level, this.#random());
    const longerMs =
      Math.max(namedMs, MIN_NAMED_MS) *
      2 ** Math.min(this.#level, MOST_DOUBLINGS) *
      (1 + NAMED_JITTER * this.#random());
    return Math.min(longerMs, MAX_NAMED_MS);
  }

  #nextTarget(now: number): number {
    return Math.max(SLOWEST_PER_SECOND, this.#answerRate.perSecond(now) ?? this.#target / 2);
  }

  #extend(until: number): void {
    this.#until = Math.max(this.#until, until);
    this.#nextStartAt = Math.max(this.#nextStartAt, this.#until);
  }

  /** Calls per second. */
  #paceAt(now: number): number {
    if (this.#count === 0) return Number.POSITIVE_INFINITY;
    const seconds = (now - this.#until) / 1000;
    if (this.#target === Number.POSITIVE_INFINITY) return BLIND_PER_SECOND * 2 ** seconds;
    const firstPace = Math.max(SLOW_PER_SECOND, this.#target / 2 ** DOUBLINGS);
    const doubled = Math.min(this.#target, firstPace * 2 ** seconds);
    return doubled * GROWTH_PER_SECOND ** Math.max(0, seconds - DOUBLINGS);
  }
}
