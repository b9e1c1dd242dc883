import { estimateCost } from "../../pricing/cost.ts";
import type { Mode, PicoUsd, Price } from "../../pricing/price.ts";

/** The requests that one tier of a price applies to. */
interface Band {
  /** The smallest number of input tokens in it. */
  readonly from: number;
  requests: number;
  tokens: number;
}

/**
 * Adds up what requests would cost, each by the tier that its own input is in. Exact, and in as little memory as the
 * price has tiers: within a tier, a request's cost is a straight line over its input tokens.
 */
export class CostTally {
  readonly #price: Price | undefined;
  readonly #bands: readonly Band[];

  /** @param price undefined for a model that has no known price */
  constructor(price: Price | undefined) {
    this.#price = price;
    const starts = [0, ...(price?.tiers ?? []).map(({ aboveInputTokens }) => aboveInputTokens + 1)];
    this.#bands = starts.map((from) => ({ from, requests: 0, tokens: 0 }));
  }

  /** Adds a request with so many input tokens. */
  add(tokens: number): void {
    const band = this.#bands.findLast(({ from }) => tokens >= from);
    if (band === undefined) return;
    band.requests++;
    band.tokens += tokens;
  }

  /**
   * What all of them would cost.
   *
   * @param output Output tokens of each request.
   * @returns undefined, never 0, when that is not known
   */
  cost(mode: Mode, output: number): PicoUsd | undefined {
    let total = 0n;
    for (const band of this.#bands) {
      const cost = band.requests === 0 ? 0n : this.#costOf(band, mode, output);
      if (cost === undefined) return undefined;
      total += cost;
    }
    // Nothing to ask costs nothing, but only where a price is known.
    return estimateCost({ input: 0, output: 0 }, this.#price, mode) === undefined ? undefined : total;
  }

  #costOf({ from, requests, tokens }: Band, mode: Mode, output: number): PicoUsd | undefined {
    const first = estimateCost({ input: from, output }, this.#price, mode);
    if (first === undefined) return undefined;
    const above = tokens - requests * from;
    if (above === 0) return BigInt(requests) * first;
    const second = estimateCost({ input: from + 1, output }, this.#price, mode);
    return second === undefined ? undefined : BigInt(requests) * first + BigInt(above) * (second - first);
  }
}
