import { type Backoff, nextDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Failure } from "./records.ts";

/** How an attempt at answering a request failed, in passing. */
export type PassingFailure =
  /** Turned away for now. Whoever limits the calls waits. */
  | "rate_limited"
  /** A server error, which may be about this request alone. */
  | "server_error"
  /** No answer. */
  | "unavailable"
  /** It was never sent, because the API counts as out of order. */
  | "held_back";

/** What follows from a failed attempt. */
export type NextAttempt =
  | { readonly kind: "again"; readonly delayMs: number }
  /** No more attempts for now; a later try may be asked for, unless it is final. */
  | { readonly kind: "over"; readonly failure: Failure; readonly isFinal?: true }
  /** Nobody has been answered for long: it is not about this request. */
  | { readonly kind: "outage" };

export interface AttemptLimits {
  /** Attempts after the first that got no answer or a server error. */
  readonly transportRetries: number;
  readonly backoff: Backoff;
  /** How long a request may be turned away, or a silent API be waited for, in milliseconds. */
  readonly patienceMs: number;
  /** How long a request may take in all; undefined for no limit. */
  readonly requestMs: number | undefined;
}

/** When the API gave its last answer to anybody. */
export interface Pulse {
  /** How many there were. */
  answers: number;
  /** When the run began, as long as there was none. */
  lastAnswerAt: number;
}

/** Counts one request's attempts, each kind of failure by itself, and says what follows. */
export class Attempts {
  readonly #limits: AttemptLimits;
  readonly #clock: Clock;
  readonly #pulse: Pulse;
  readonly #startedAt: number;
  #firstFailureAt: number | undefined;
  #unavailable = 0;
  /** Attempts so far. */
  count = 0;

  constructor(limits: AttemptLimits, clock: Clock, pulse: Pulse) {
    this.#limits = limits;
    this.#clock = clock;
    this.#pulse = pulse;
    this.#startedAt = clock.now();
  }

  /** What is left of the request's time, in milliseconds; infinite when it has no limit. */
  get leftMs(): number {
    const { requestMs = Number.POSITIVE_INFINITY } = this.#limits;
    return this.#startedAt + requestMs - this.#clock.now();
  }

  /**
   * Notes a failed attempt.
   *
   * @param said What the provider said.
   * @param isLast Whether nothing else is left to ask, so that silence may be about this request alone.
   */
  failed(kind: PassingFailure, said: string, isLast = false): NextAttempt {
    const now = this.#clock.now();
    this.#firstFailureAt ??= now;
    if (this.leftMs <= 0) return over(`no answer in time: ${said}`);
    const isTooLong = now - this.#firstFailureAt > this.#limits.patienceMs;
    if (kind === "rate_limited") {
      return isTooLong ? { kind: "over", failure: { code: "rate_limited", message: said } } : again(0);
    }
    const mayBeOwn = (kind === "server_error" || isLast) && this.#pulse.answers > 0;
    if (isTooLong && mayBeOwn) return { ...over(said), isFinal: true };
    if (kind === "held_back") return isTooLong ? { kind: "outage" } : this.#againAfter(this.#limits.backoff.firstMs);
    return this.#unavailableAgain(said, isTooLong, now);
  }

  #unavailableAgain(said: string, isTooLong: boolean, now: number): NextAttempt {
    const { backoff, transportRetries } = this.#limits;
    const delayMs = nextDelay(backoff, this.#unavailable++);
    if (this.#unavailable <= transportRetries) return this.#againAfter(delayMs);
    const isSilent = this.#pulse.lastAnswerAt <= (this.#firstFailureAt ?? now);
    if (!isSilent) return over(said);
    return isTooLong ? { kind: "outage" } : this.#againAfter(delayMs);
  }

  /** No wait goes beyond the request's time. */
  #againAfter(delayMs: number): NextAttempt {
    return again(Math.min(delayMs, Math.max(0, this.leftMs)));
  }
}

function again(delayMs: number): NextAttempt {
  return { kind: "again", delayMs };
}

function over(message: string): NextAttempt & { readonly kind: "over" } {
  return { kind: "over", failure: { code: "server_error", message } };
}
