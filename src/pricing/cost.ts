import type { Usage } from "../core/records.ts";
import type { Mode, PicoUsd, Price, Rates } from "./price.ts";

/** What the provider spent on one request, in tokens. */
export interface BilledUsage extends Usage {
  /** Input tokens that were written into the cache; part of input, and none of the cached. Absent when not known. */
  readonly cacheWritten?: number;
}

/** What one request is expected to take, in tokens. */
export interface ExpectedUsage {
  readonly input: number;
  readonly output: number;
}

/**
 * What one request cost, exactly. Never call it with the usage of several requests: a price may depend on the size of
 * each. Costs are added up as they are.
 *
 * @param price undefined for a model that is not in the table
 * @returns undefined, never 0, when that is not known: the model, the mode or the tier has no price, the usage is not
 *   one that can be, or the model charges for writing into the cache and nobody counted that
 */
export function costOf(usage: BilledUsage, price: Price | undefined, mode: Mode): PicoUsd | undefined {
  const rates = price === undefined ? undefined : ratesFor(price, mode, usage.input);
  if (rates === undefined || !isPossible(usage)) return undefined;
  const { input, cached, output, cacheWritten } = usage;
  if (rates.cacheWrite !== undefined && cacheWritten === undefined) return undefined;
  const written = cacheWritten ?? 0;
  return sum([
    times(input - cached - written, rates.input),
    times(cached, rates.cachedInput),
    times(written, rates.cacheWrite ?? rates.input),
    times(output, rates.output),
  ]);
}

/**
 * What one request may cost at most, if it takes the tokens that are expected: nothing is assumed to be in the cache,
 * and all of the input to be written into it where that costs more than input.
 *
 * @returns undefined, never 0, when that is not known
 */
export function estimateCost(
  { input, output }: ExpectedUsage,
  price: Price | undefined,
  mode: Mode,
): PicoUsd | undefined {
  const rates = price === undefined ? undefined : ratesFor(price, mode, input);
  if (rates === undefined || !isPossible({ input, output, cached: 0, reasoning: 0 })) return undefined;
  const { cacheWrite = rates.input } = rates;
  return sum([times(input, cacheWrite > rates.input ? cacheWrite : rates.input), times(output, rates.output)]);
}

/** The whole request is charged by the tier that its input, cached tokens included, is in. */
function ratesFor(price: Price, mode: Mode, inputTokens: number): Rates | undefined {
  const tier = price.tiers.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return (tier ?? price)[mode];
}

function isPossible({ input, cached, output, reasoning, cacheWritten = 0 }: BilledUsage): boolean {
  const areCounts = [input, cached, output, reasoning, cacheWritten].every((n) => Number.isSafeInteger(n) && n >= 0);
  return areCounts && cached + cacheWritten <= input && reasoning <= output;
}

/** Tokens of which there are none cost nothing, whether they have a price or not. */
function times(tokens: number, rate: PicoUsd | undefined): PicoUsd | undefined {
  if (tokens === 0) return 0n;
  return rate === undefined ? undefined : BigInt(tokens) * rate;
}

function sum(parts: readonly (PicoUsd | undefined)[]): PicoUsd | undefined {
  let total = 0n;
  for (const part of parts) {
    if (part === undefined) return undefined;
    total += part;
  }
  return total;
}
