import type { Clock } from "../core/clock.ts";
import { EarlyCalls } from "./early-calls.ts";
import { type LiveUnit, rateLimited } from "./errors.ts";
import { MinuteBucket } from "./minute-bucket.ts";
import type { Tally } from "./tally.ts";

/** What live calls to one model may come to within a minute; undefined for any number. */
export interface LiveLimitSettings {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

/** Clients name models at will; what is kept for each must not add up. */
const KEPT_MODELS = 256;

/** A live call, as far as limits go. */
export interface LimitedCall {
  readonly model: string;
  /** Of input and of the most output it asks for; not asked for where tokens are not limited. */
  readonly tokens: () => number;
  /** What it came over. */
  readonly connection: object;
}

/** What `GET /emulator/live` answers. */
export interface LiveTotals {
  readonly refused: number;
  readonly early: number;
}

/** Lets live calls pass up to a limit per model and minute, and counts those that it refuses. */
export class LiveLimits {
  readonly #settings: LiveLimitSettings;
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #models = new Map<string, ModelLimits>();

  constructor(settings: LiveLimitSettings, clock: Clock, tally: Tally) {
    this.#settings = settings;
    this.#clock = clock;
    this.#tally = tally;
  }

  /** @throws {ApiError} 429 for a call that goes over a limit: nothing is taken off by it */
  admit({ model, tokens, connection }: LimitedCall): LivePass {
    const now = this.#clock.now();
    const limits = this.#limitsOf(model);
    if (limits.early.isEarly(connection, now)) this.#tally.add("early");
    const costs = { requests: 1, tokens: limits.tokens === undefined ? 0 : tokens() };
    const over = longestWait(limits, costs, now);
    if (over === undefined) return new LivePass({ limits, costs, connection, clock: this.#clock });
    this.#tally.add("refused");
    limits.early.tell(now, over.waitMs);
    limits.early.onReply(connection, now);
    throw rateLimited({ ...over, model, requested: costs[over.unit] }, headersOf(limits, now));
  }

  async totals(): Promise<LiveTotals> {
    return { refused: 0, early: 0, ...(await this.#tally.totals()) };
  }

  #limitsOf(model: string): ModelLimits {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    if (this.#models.size >= KEPT_MODELS) this.#models.clear();
    const { requestsPerMinute, tokensPerMinute } = this.#settings;
    const bucketOf = (limit: number | undefined) =>
      limit === undefined ? undefined : new MinuteBucket(limit, this.#clock.now());
    const limits = {
      requests: bucketOf(requestsPerMinute),
      tokens: bucketOf(tokensPerMinute),
      early: new EarlyCalls(),
    };
    this.#models.set(model, limits);
    return limits;
  }
}

interface ModelLimits {
  readonly requests: MinuteBucket | undefined;
  readonly tokens: MinuteBucket | undefined;
  readonly early: EarlyCalls;
}

interface PassParts {
  readonly limits: ModelLimits;
  readonly costs: Readonly<Record<LiveUnit, number>>;
  readonly connection: object;
  readonly clock: Clock;
}

/** A call that was let pass. What it is expected to cost is taken off the limits until it is known. */
export class LivePass {
  readonly #parts: PassParts;

  constructor(parts: PassParts) {
    this.#parts = parts;
    const { limits, costs, clock } = parts;
    for (const unit of UNITS) limits[unit]?.take(costs[unit], clock.now());
  }

  /** To be called once, right before the reply goes out. @returns the reply's `x-ratelimit-…` headers */
  end(billedTokens: number): Record<string, string> {
    const { limits, costs, connection, clock } = this.#parts;
    const now = clock.now();
    limits.tokens?.take(billedTokens - costs.tokens, now);
    limits.early.onReply(connection, now);
    return headersOf(limits, now);
  }
}

const UNITS: readonly LiveUnit[] = ["requests", "tokens"];

interface Excess {
  readonly unit: LiveUnit;
  readonly limit: number;
  readonly waitMs: number;
}

/** @returns undefined when there is none */
function longestWait(limits: ModelLimits, costs: Readonly<Record<LiveUnit, number>>, now: number): Excess | undefined {
  let longest: Excess | undefined;
  for (const unit of UNITS) {
    const bucket = limits[unit];
    const waitMs = bucket?.waitMs(costs[unit], now) ?? 0;
    if (bucket !== undefined && waitMs > (longest?.waitMs ?? 0)) longest = { unit, limit: bucket.limit, waitMs };
  }
  return longest;
}

function headersOf(limits: ModelLimits, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const unit of UNITS) {
    const bucket = limits[unit];
    if (bucket === undefined) continue;
    headers[`x-ratelimit-limit-${unit}`] = String(bucket.limit);
    headers[`x-ratelimit-remaining-${unit}`] = String(bucket.remaining(now));
    headers[`x-ratelimit-reset-${unit}`] = durationText(bucket.resetMs(now));
  }
  return headers;
}

/** As OpenAI writes it: `120ms`, `1.5s`, `1m0s`. */
function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = (milliseconds % 60_000) / 1000;
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}
