/** How a request is answered: through the Batch API, or over the ordinary endpoint. */
export type { Mode } from "../core/mode.ts";

/** Money, in pico-dollars: 10⁻¹² USD. A price of 1 USD per million tokens is 1,000,000 of them per token. */
export type PicoUsd = bigint;

/** What a token costs. */
export interface Rates {
  readonly input: PicoUsd;
  /** An input token that was read from the cache. */
  readonly cachedInput: PicoUsd;
  /** An input token that was written into the cache; absent where writing costs what input costs. */
  readonly cacheWrite?: PicoUsd;
  /** Absent for embedding models. */
  readonly output?: PicoUsd;
}

/** The rates of both modes; a mode without rates has no known price. */
export interface RatesByMode {
  readonly live?: Rates;
  readonly batch?: Rates;
}

/** What a request costs instead, all of it, once its input is above a number of tokens. */
export interface Tier extends RatesByMode {
  readonly aboveInputTokens: number;
}

/** What a model costs. */
export interface Price extends RatesByMode {
  /** In rising order. */
  readonly tiers: readonly Tier[];
  /** Where the prices were read. */
  readonly source?: string;
  /** The day up to which they are known to have held, such as `2026-11-21`. */
  readonly asOf?: string;
  /** Who said so: `package`, or a place in the user's configuration. */
  readonly origin: string;
}
