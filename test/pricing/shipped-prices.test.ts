import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Rates, RatesByMode } from "../../src/pricing/price.ts";
import { findPrice, parsePrices } from "../../src/pricing/price-table.ts";
import { formatPrice } from "../../src/pricing/usd.ts";
import { findModel, parseModels } from "../../src/tokens/models.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const table = parsePrices(read("config/prices.yaml"), "config/prices.yaml");
const models = parseModels(read("config/models.yaml"), "config/models.yaml");
const entries = [...table.models].map(([name, price]) => ({ name, price }));

/** Open weights have no price but at a provider, under the provider's name for them. */
const UNPRICED = ["gpt-oss-120b", "gpt-oss-20b"];
/** tiktoken has no encoding for them yet. */
const WITHOUT_ENCODING = /^gpt-6/;

describe.each(entries)("$name", ({ name, price }) => {
  const steps: readonly RatesByMode[] = [price, ...price.tiers];

  test("has a source and a date that is not after the table's", () => {
    expect(price.source).toMatch(/^https:\/\/\S+$/);
    expect(price.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect((price.asOf ?? "") <= table.updated).toBe(true);
  });

  test("costs no more in a batch than live, and no more cached than not", () => {
    for (const { live, batch } of steps) {
      for (const rates of [live, batch]) expect(rates === undefined || rates.cachedInput <= rates.input).toBe(true);
      if (live === undefined || batch === undefined) continue;
      // What the page has no batch price for, cached input, is charged as input, and may be dearer than live.
      expect(
        exceeding(batch, live).filter((part) => part !== "cachedInput" || batch.cachedInput < batch.input),
      ).toEqual([]);
      expect(Object.keys(batch).sort()).toEqual(Object.keys(live).sort());
    }
  });

  test("costs no less with a longer input", () => {
    for (const [index, step] of price.tiers.entries()) {
      const below = steps[index] ?? {};
      for (const mode of ["live", "batch"] as const) {
        const [lower, higher] = [below[mode], step[mode]];
        if (lower !== undefined && higher !== undefined) expect(exceeding(lower, higher)).toEqual([]);
      }
    }
  });

  test("goes by the name that the table of models has, and charges for output if there is any", () => {
    if (WITHOUT_ENCODING.test(name)) return expect(models.has(name)).toBe(false);
    const model = findModel(models, name);
    for (const rates of [price.live, price.batch]) {
      expect(rates === undefined || (rates.output === undefined) === (model.maxOutputTokens === undefined)).toBe(true);
    }
  });
});

/** The parts that cost more in the first than in the second. */
function exceeding(first: Rates, second: Rates): readonly string[] {
  return (["input", "cachedInput", "cacheWrite", "output"] as const).filter(
    (part) => (first[part] ?? 0n) > (second[part] ?? 0n),
  );
}

test("every known model has a price, but for those that cannot", () => {
  expect([...models.keys()].filter((name) => findPrice(table, name) === undefined)).toEqual(UNPRICED);
});

test("the table is dated", () => {
  expect(Date.parse(table.updated)).toBeGreaterThanOrEqual(Date.parse("2026-11-21"));
});

test.each([
  ["gpt-4.1-mini", "live", "0.4 0.1 - 1.6"],
  ["gpt-4.1-mini", "batch", "0.2 0.2 - 0.8"],
  ["gpt-5-mini", "batch", "0.125 0.0125 - 1"],
  ["gpt-5-nano", "batch", "0.025 0.0025 - 0.2"],
  ["gpt-4o", "live", "2.5 1.25 - 10"],
  ["gpt-4o-2024-05-13", "batch", "2.5 2.5 - 7.5"],
  ["o3", "batch", "1 1 - 4"],
  ["gpt-5.4", "batch", "1.25 0.13 - 7.5"],
  ["gpt-6-luna", "batch", "0.05 0.005 0.0625 0.25"],
  ["text-embedding-3-small", "batch", "0.01 0.01 - -"],
  ["openai/gpt-oss-20b", "batch", "0.0375 0.0375 - 0.15"],
] as const)("%s costs, %s, %s", (name, mode, expected) => {
  const { input, cachedInput, cacheWrite, output } = findPrice(table, name)?.price[mode] ?? ({} as Partial<Rates>);
  const shown = [input, cachedInput, cacheWrite, output].map((rate) => (rate === undefined ? "-" : formatPrice(rate)));
  expect(shown.join(" ")).toBe(expected);
});

test("a long input costs more, and an unknown long batch is unknown", () => {
  expect(table.models.get("gpt-5.4")?.tiers).toMatchObject([
    { aboveInputTokens: 272_000, batch: { input: 2_500_000n } },
  ]);
  expect(table.models.get("gpt-5.5-pro")?.tiers[0]).toMatchObject({ live: { input: 60_000_000n } });
  expect(table.models.get("gpt-5.5-pro")?.tiers[0]).not.toHaveProperty("batch");
});
