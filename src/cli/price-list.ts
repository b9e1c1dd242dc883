import type { Mode, PicoUsd, Price, Rates, RatesByMode, Tier } from "../pricing/price.ts";
import { type FoundPrice, findPrice, type PriceTable, unknownPrice } from "../pricing/price-table.ts";
import { formatPrice } from "../pricing/usd.ts";
import { perMillionInJson } from "../pricing/usd-json.ts";
import { alignColumns, formatCount, printable } from "../report/plain-text.ts";

/** Prices as they were asked for. */
export interface PriceList {
  readonly updated: string;
  readonly prices: readonly ListedPrice[];
}

export interface ListedPrice extends FoundPrice {
  /** As it was asked for; `entry` is the name its price stands under. */
  readonly model: string;
}

/**
 * The prices of some models, or of all.
 *
 * @param names None for all.
 * @throws {ConfigurationError} for a model that has none, with the nearest names
 */
export function listPrices(table: PriceTable, names: readonly string[]): PriceList {
  const models = names.length > 0 ? names : [...table.models.keys()];
  return { updated: table.updated, prices: models.map((model) => ({ model, ...findOrThrow(table, model) })) };
}

function findOrThrow(table: PriceTable, model: string): FoundPrice {
  const found = findPrice(table, model);
  if (found === undefined) throw unknownPrice(table, model);
  return found;
}

/** The list for programs: its prices are numbers with all their digits, and null where there is none. */
export function priceListInJson({ updated, prices }: PriceList): unknown {
  return {
    updated,
    unit: "USD per million tokens",
    models: prices.map(({ model, entry, price }) => ({
      model,
      entry,
      ...ratesInJson(price),
      tiers: price.tiers.map((tier) => ({ above_input_tokens: tier.aboveInputTokens, ...ratesInJson(tier) })),
      source: price.source ?? null,
      as_of: price.asOf ?? null,
      origin: price.origin,
    })),
  };
}

function ratesInJson({ batch, live }: RatesByMode) {
  return { batch: modeInJson(batch), live: modeInJson(live) };
}

function modeInJson(rates: Rates | undefined) {
  if (rates === undefined) return null;
  return {
    input: perMillionInJson(rates.input),
    cached_input: perMillionInJson(rates.cachedInput),
    cache_write: perMillionInJson(rates.cacheWrite),
    output: perMillionInJson(rates.output),
  };
}

const HEAD = [
  ["", "batch", "", "", "", "live", "", "", "", "", ""],
  ["model", "input", "cached", "write", "output", "input", "cached", "write", "output", "as of", "from"],
];

/** The list for people: a line per model, and one for each of its tiers. */
export function formatPriceList({ updated, prices }: PriceList): string {
  const rows = [...HEAD, ...prices.flatMap(priceRows)];
  const lines = alignColumns(rows, { alignment: "lrrrrrrrrll" });
  const note = `USD per million tokens. The built-in table is of ${updated}; "-" is a price that is not known, or not charged.`;
  return [...lines, "", note].map((line) => `${line}\n`).join("");
}

function priceRows({ model, entry, price }: ListedPrice): readonly (readonly string[])[] {
  const name = model === entry ? model : `${model} (as ${entry})`;
  return [
    [printable(name), ...cellsOf(price), price.asOf ?? "-", printable(price.origin)],
    ...price.tiers.map(tierRow),
  ];
}

function tierRow(tier: Tier): readonly string[] {
  return [`  above ${formatCount(tier.aboveInputTokens)} in`, ...cellsOf(tier), "", ""];
}

const MODES = ["batch", "live"] as const satisfies readonly Mode[];

function cellsOf(prices: Price | Tier): readonly string[] {
  return MODES.flatMap((mode) => {
    const { input, cachedInput, cacheWrite, output }: Partial<Rates> = prices[mode] ?? {};
    return [input, cachedInput, cacheWrite, output].map(cellOf);
  });
}

function cellOf(rate: PicoUsd | undefined): string {
  return rate === undefined ? "-" : formatPrice(rate);
}
