import { AbortListeners } from "./abort-listeners.ts";
import { AdaptiveConcurrency } from "./adaptive-concurrency.ts";
import { Alarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";
import { CoolDown } from "./cool-down.ts";
import { LinkedQueue } from "./linked-queue.ts";
import { RateBudget, type Spending } from "./rate-budget.ts";
import type { RateLimitNotice } from "./rate-limit-headers.ts";

/** How fast a provider may be asked. */
export interface LiveLimits {
  /** Calls at a time. undefined: as many as the provider turns out to bear, see {@link AdaptiveConcurrency}. */
  readonly concurrency: number | undefined;
  readonly requestsPerMinute: number | undefined;
  /** Of input and output. */
  readonly tokensPerMinute: number | undefined;
}

/** How a call ended. */
export type CallEnd =
  /** `tokens`: what was billed, of input and output. */
  | { readonly kind: "answered"; readonly tokens?: number; readonly notice?: RateLimitNotice }
  | { readonly kind: "rate_limited"; readonly retryAfterMs?: number; readonly notice?: RateLimitNotice }
  /** Neither an answer nor a 429: says little about limits. */
  | { readonly kind: "failed" }
  | { readonly kind: "aborted" };

/** Leave to make one call. */
export interface LivePermit {
  /** To be called once the call has ended, whatever came of it. Any further time does nothing. */
  end(end: CallEnd): void;
}

/** A cool-down that begins, as it is told to observers. */
export interface CoolDownNotice {
  readonly delayMs: number;
  /** What the provider asked for. */
  readonly retryAfterMs: number | undefined;
  /** Calls at a time from now on. */
  readonly concurrency: number;
}

export interface LiveGateOptions {
  readonly limits: LiveLimits;
  readonly clock: Clock;
  /** Numbers in [0, 1). Default: Math.random. */
  readonly random?: () => number;
  readonly onCoolDown?: (coolDown: CoolDownNotice) => void;
}

/**
 * Lets calls to a provider in, first come, first in: so many at a time, so many requests and tokens per minute
 * ({@link RateBudget}), and none while a 429 to any of them is being sat out ({@link CoolDown}). What the provider's
 * headers say is obeyed where it is less. Each step takes constant time, however many wait; the only timer is that of
 * the first one waiting.
 */
export class LiveGate {
  readonly #options: LiveGateOptions;
  readonly #requests: RateBudget;
  readonly #tokens: RateBudget;
  readonly #coolDown: CoolDown;
  readonly #adaptive = new AdaptiveConcurrency();
  readonly #queue = new LinkedQueue<Waiter>();
  readonly #aborts = new AbortListeners();
  readonly #alarm: Alarm;
  #inFlight = 0;

  constructor(options: LiveGateOptions) {
    const { limits, clock, random = Math.random } = options;
    this.#options = options;
    this.#requests = new RateBudget(limits.requestsPerMinute);
    this.#tokens = new RateBudget(limits.tokensPerMinute);
    this.#coolDown = new CoolDown(random);
    this.#alarm = new Alarm(clock, () => this.#admit());
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** How many calls may be under way now. */
  get concurrency(): number {
    return this.#options.limits.concurrency ?? this.#adaptive.limit;
  }

  /**
   * Waits for its turn.
   *
   * @param tokens What the call is expected to cost, of input and output. More than is let pass per minute is let in
   *   alone.
   * @throws the signal's reason
   */
  enter(tokens: number, signal: AbortSignal): Promise<LivePermit> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#queue.remove(place);
        reject(signal.reason);
        this.#admit();
      };
      const place = this.#queue.push({ tokens, signal, onAbort, resolve });
      this.#aborts.add(signal, onAbort);
      this.#admit();
    });
  }

  #admit(): void {
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
      const { item } = place;
      const now = this.#options.clock.now();
      const readyAt = item.signal.aborted ? now : this.#readyAt(item.tokens, now);
      if (readyAt !== now) {
        this.#wakeAt(readyAt);
        return;
      }
      this.#queue.remove(place);
      if (!item.signal.aborted) this.#start(item, now);
    }
    this.#alarm.clear();
  }

  #wakeAt(time: number | undefined): void {
    if (time === undefined) this.#alarm.clear();
    else this.#alarm.set(time);
  }

  /** @returns undefined as long as a call has to end first */
  #readyAt(tokens: number, now: number): number | undefined {
    if (this.#inFlight >= this.concurrency) return undefined;
    const byBudgets = Math.max(this.#requests.readyAt(1, now), this.#tokens.readyAt(tokens, now));
    return Math.max(byBudgets, this.#coolDown.readyAt(now));
  }

  #start({ tokens, signal, onAbort, resolve }: Waiter, now: number): void {
    this.#aborts.remove(signal, onAbort);
    this.#inFlight++;
    this.#requests.take(1, now);
    const spending = this.#tokens.take(tokens, now);
    const started = { spending, coolDowns: this.#coolDown.count };
    this.#coolDown.onStarted(now);
    let hasEnded = false;
    const end = (how: CallEnd) => {
      if (hasEnded) return;
      hasEnded = true;
      this.#onEnd(started, how);
    };
    resolve({ end });
  }

  #onEnd(started: StartedCall, end: CallEnd): void {
    const now = this.#options.clock.now();
    const isFull = this.#inFlight >= this.concurrency;
    this.#inFlight--;
    if (end.kind === "answered") this.#onAnswered(started, end.tokens, { isFull, now });
    else if (end.kind === "rate_limited") this.#onRefused(started, end.retryAfterMs, now);
    this.#heed(end, now);
    this.#admit();
  }

  #onAnswered(
    { spending }: StartedCall,
    tokens: number | undefined,
    { isFull, now }: { readonly isFull: boolean; readonly now: number },
  ): void {
    this.#adaptive.onAnswered(isFull);
    this.#coolDown.onAnswered(now);
    if (tokens !== undefined) this.#tokens.settle(spending, tokens, now);
  }

  #onRefused({ spending, coolDowns }: StartedCall, retryAfterMs: number | undefined, now: number): void {
    this.#tokens.settle(spending, 0, now);
    const delayMs = this.#coolDown.onRefused(coolDowns, retryAfterMs, now);
    if (delayMs === undefined) return;
    this.#adaptive.onRefused();
    this.#options.onCoolDown?.({ delayMs, retryAfterMs, concurrency: this.concurrency });
  }

  #heed(end: CallEnd, now: number): void {
    if (!("notice" in end) || end.notice === undefined) return;
    const { requests, tokens } = end.notice;
    const isWaitNamed = end.kind === "rate_limited" && end.retryAfterMs !== undefined;
    if (requests !== undefined) this.#requests.heed(requests, { now, isWaitNamed });
    if (tokens !== undefined) this.#tokens.heed(tokens, { now, isWaitNamed });
  }
}

interface Waiter {
  readonly tokens: number;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly resolve: (permit: LivePermit) => void;
}

interface StartedCall {
  readonly spending: Spending;
  /** How many cool-downs there had been. */
  readonly coolDowns: number;
}
