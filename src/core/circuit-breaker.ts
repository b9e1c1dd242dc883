import { type Backoff, nextDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { Change } from "./concurrency.ts";

/**
 * What an error says about the other side: that it is not there (`failure`), that it is (`answer`), or nothing at all
 * (`neutral`, such as a full disk on this side).
 */
export type Judgement = "failure" | "answer" | "neutral";

export interface CircuitBreakerOptions {
  /** Failures in a row, over all callers, that open the circuit. */
  readonly threshold: number;
  /** How long it stays open; longer after each probe that fails. A probe has as long as the longest of it. */
  readonly coolDown: Backoff;
  /** Those who waited go on within so many milliseconds rather than at once. */
  readonly spreadMs: number;
  readonly judge: (error: unknown) => Judgement;
  /** A wait that the other side asks for, in milliseconds. It goes for all callers of the same group. */
  readonly retryAfterMs: (error: unknown) => number | undefined;
  /** The longest such wait that is granted. */
  readonly retryAfterCapMs: number;
  /** What those are told whose calls were held back while a probe failed. Their calls have not been made. */
  readonly refusal: (group: string, cause: unknown) => unknown;
  /** Told each time it opens. */
  readonly onOpened?: (outage: Outage) => void;
  readonly onClosed?: () => void;
  readonly clock: Clock;
}

/** A time in which calls are held back. */
export interface Outage {
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  /** Probes that have failed since. */
  readonly failedProbes: number;
  /** When the next probe may go, in milliseconds since the Unix epoch. */
  readonly until: number;
  /** The cool-down, in milliseconds. */
  readonly delayMs: number;
  /** The failure that opened the circuit last. */
  readonly error: unknown;
}

/**
 * Keeps a dead service from being hammered by many callers.
 *
 * - Closed: calls pass.
 * - Open, after a number of failures in a row: callers wait for a cool-down. Then one call goes through as a probe, and
 *   another one when that takes too long. If it succeeds, everybody goes on. If it fails, those who waited are refused,
 *   so that it is their own patience that ends, and the next cool-down is longer.
 *
 * There is no timer but those of the callers who wait.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #change = new Change();
  readonly #notBefore = new Map<string, number>();
  #failuresInRow = 0;
  #failedProbes = 0;
  #outage: Outage | undefined;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /**
   * Makes a call as soon as the service may be called.
   *
   * @param group Calls that a "retry after" to one of them concerns.
   * @throws the call's error, the refusal, or the signal's reason
   */
  async run<T>(group: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const probe = await this.#admit(group, signal);
    try {
      const result = await call();
      this.#onAnswer();
      return result;
    } catch (error) {
      if (signal.aborted) this.#onNothing(probe);
      else this.#onError(error, group, probe);
      throw error;
    }
  }

  /** @returns the outage that the call is to probe, if it is one */
  async #admit(group: string, signal: AbortSignal): Promise<Outage | undefined> {
    const failedBefore = this.#failedProbes;
    for (;;) {
      signal.throwIfAborted();
      const waitMs = this.#waitOf(group);
      const outage = this.#outage;
      if (outage !== undefined && this.#failedProbes > failedBefore) throw this.#options.refusal(group, outage.error);
      if (waitMs > 0) await this.#options.clock.sleep(waitMs + this.#spread(), signal);
      else if (outage === undefined) return undefined;
      else if (this.#now >= outage.until) return this.#beginProbe(outage);
      else await this.#sitOut(outage, signal);
    }
  }

  #waitOf(group: string): number {
    return (this.#notBefore.get(group) ?? 0) - this.#now;
  }

  /** The next one may go when this one takes too long. */
  #beginProbe(outage: Outage): Outage {
    const probed = { ...outage, until: this.#now + this.#options.coolDown.maxMs };
    this.#outage = probed;
    return probed;
  }

  async #sitOut({ until }: Outage, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([clock.sleep(until - this.#now, either), this.#change.next(either)]);
    } finally {
      done.abort();
    }
    if (this.#outage === undefined) await clock.sleep(this.#spread(), signal);
  }

  #onError(error: unknown, group: string, probe: Outage | undefined): void {
    const { judge, retryAfterMs, retryAfterCapMs } = this.#options;
    const askedMs = retryAfterMs(error);
    if (askedMs !== undefined) this.#postpone(group, Math.min(askedMs, retryAfterCapMs));
    const judgement = judge(error);
    if (judgement === "answer") this.#onAnswer();
    else if (judgement === "neutral") this.#onNothing(probe);
    else this.#onFailure(error, probe);
  }

  #postpone(group: string, delayMs: number): void {
    this.#notBefore.set(group, Math.max(this.#notBefore.get(group) ?? 0, this.#now + delayMs));
  }

  #onAnswer(): void {
    this.#failuresInRow = 0;
    if (this.#outage === undefined) return;
    this.#outage = undefined;
    this.#options.onClosed?.();
    this.#change.notify();
  }

  /** A probe that tells nothing makes room for another. */
  #onNothing(probe: Outage | undefined): void {
    if (probe === undefined || probe !== this.#outage) return;
    this.#outage = { ...probe, until: this.#now };
    this.#change.notify();
  }

  /** While it is open only probes count, not what was under way before. */
  #onFailure(error: unknown, probe: Outage | undefined): void {
    const outage = this.#outage;
    if (outage === undefined) {
      if (++this.#failuresInRow >= this.#options.threshold) this.#open({ since: this.#now, failedProbes: 0, error });
    } else if (probe?.since === outage.since) {
      this.#failedProbes++;
      this.#open({ since: outage.since, failedProbes: outage.failedProbes + 1, error });
      this.#change.notify();
    }
  }

  #open(begun: Pick<Outage, "since" | "failedProbes" | "error">): void {
    const delayMs = nextDelay(this.#options.coolDown, begun.failedProbes);
    this.#outage = { ...begun, delayMs, until: this.#now + delayMs };
    this.#options.onOpened?.(this.#outage);
  }

  #spread(): number {
    return Math.random() * this.#options.spreadMs;
  }

  get #now(): number {
    return this.#options.clock.now();
  }
}
