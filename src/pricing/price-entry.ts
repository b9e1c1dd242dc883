import { z } from "zod";
import type { PicoUsd, Price, Rates, RatesByMode } from "./price.ts";
import { formatPrice, parsePrice } from "./usd.ts";

const price = z
  .union([z.string(), z.number()], { error: "has to be USD per million tokens, such as 0.15" })
  .transform((value, context): PicoUsd => {
    const parsed = parsePrice(value);
    if (typeof parsed === "bigint") return parsed;
    context.addIssue({ code: "custom", message: parsed.problem });
    return z.NEVER;
  });

const ratesShape = z
  .strictObject({
    input: price,
    cached_input: price.optional(),
    cache_write: price.optional(),
    output: price.optional(),
  })
  .refine(({ input, cached_input = input }) => cached_input <= input, {
    path: ["cached_input"],
    message: "is more than input",
  });

const TOKEN_COUNT = "has to be a whole number of tokens";
const tokenCount = z
  .union([z.string().regex(/^\d{1,15}$/, TOKEN_COUNT), z.int(TOKEN_COUNT).nonnegative(TOKEN_COUNT)], TOKEN_COUNT)
  .transform(Number);

const tierShape = z.strictObject({
  above_input_tokens: tokenCount,
  live: ratesShape.optional(),
  batch: ratesShape.optional(),
});

/** An entry of a table of prices, as it is written. */
export const entryShape = z
  .strictObject({
    live: ratesShape.optional(),
    batch: ratesShape.optional(),
    tiers: z.array(tierShape, { error: "has to be a list" }).optional(),
    source: z.string().optional(),
    as_of: z.iso.date({ error: "has to be a date such as 2026-11-21" }).optional(),
  })
  .refine(({ live, batch }) => live !== undefined || batch !== undefined, { message: "needs live or batch prices" })
  .refine(({ tiers = [] }) => areRising(tiers.map((tier) => tier.above_input_tokens)), {
    path: ["tiers"],
    message: "have to stand in rising order of above_input_tokens",
  });

/** Every key that may stand in an entry. */
export const ENTRY_KEYS = [entryShape, tierShape, ratesShape].flatMap(({ shape }) => Object.keys(shape));

type Entry = z.infer<typeof entryShape>;
type EntryRates = z.infer<typeof ratesShape>;

function areRising(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

/** The price that an entry says. */
export function toPrice({ tiers = [], source, as_of, ...rates }: Entry, origin: string): Price {
  return {
    ...toRatesByMode(rates),
    tiers: tiers.map(({ above_input_tokens, ...each }) => ({
      aboveInputTokens: above_input_tokens,
      ...toRatesByMode(each),
    })),
    ...(source !== undefined && { source }),
    ...(as_of !== undefined && { asOf: as_of }),
    origin,
  };
}

function toRatesByMode({ live, batch }: Pick<Entry, "live" | "batch">): RatesByMode {
  return { ...(live !== undefined && { live: toRates(live) }), ...(batch !== undefined && { batch: toRates(batch) }) };
}

function toRates({ input, cached_input = input, cache_write, output }: EntryRates): Rates {
  return {
    input,
    cachedInput: cached_input,
    ...(cache_write !== undefined && { cacheWrite: cache_write }),
    ...(output !== undefined && { output }),
  };
}

/** A price as an entry could say it, for another entry to be laid over it. Not where it was read: that is the other's to say. */
export function toEntryData({ tiers, ...rates }: Price): Readonly<Record<string, unknown>> {
  return {
    ...toRatesData(rates),
    ...(tiers.length > 0 && {
      tiers: tiers.map(({ aboveInputTokens, ...each }) => ({
        above_input_tokens: aboveInputTokens,
        ...toRatesData(each),
      })),
    }),
  };
}

function toRatesData({ live, batch }: RatesByMode): Readonly<Record<string, unknown>> {
  return { ...(live && { live: ratesData(live) }), ...(batch && { batch: ratesData(batch) }) };
}

function ratesData({ input, cachedInput, cacheWrite, output }: Rates): Readonly<Record<string, string>> {
  return {
    input: formatPrice(input),
    cached_input: formatPrice(cachedInput),
    ...(cacheWrite !== undefined && { cache_write: formatPrice(cacheWrite) }),
    ...(output !== undefined && { output: formatPrice(output) }),
  };
}
