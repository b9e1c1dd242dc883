import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BilledUsage, costOf, estimateCost } from "../../src/pricing/cost.ts";
import type { Mode, Price } from "../../src/pricing/price.ts";
import { parsePrices } from "../../src/pricing/price-table.ts";
import { formatUsd, parseUsd } from "../../src/pricing/usd.ts";
import { prices, usages } from "./arbitrary-prices.ts";

const table = parsePrices(
  `
updated: 2026-01-01
models:
  plain:
    live: { input: 0.40, cached_input: 0.10, output: 1.60 }
    batch: { input: 0.20, cached_input: 0.20, output: 0.80 }
  tiered:
    live: { input: 2.50, cached_input: 0.25, output: 15 }
    batch: { input: 1.25, cached_input: 0.13, output: 7.50 }
    tiers:
      - above_input_tokens: 272000
        live: { input: 5, cached_input: 0.50, output: 22.50 }
      - above_input_tokens: 500000
        batch: { input: 2.50, cached_input: 0.25, output: 11.25 }
  writing:
    batch: { input: 0.05, cached_input: 0.005, cache_write: 0.0625, output: 0.25 }
  embedding:
    batch: { input: 0.01 }
  fine:
    batch: { input: 0.01875, output: 0 }
`,
  "t.yaml",
);

function usage(given: Partial<BilledUsage>): BilledUsage {
  return { input: 0, cached: 0, output: 0, reasoning: 0, ...given };
}

function cost(model: string, mode: Mode, given: Partial<BilledUsage>): string | undefined {
  const amount = costOf(usage(given), table.models.get(model), mode);
  return amount === undefined ? undefined : formatUsd(amount);
}

describe("by hand", () => {
  test("1,000 in at 0.20 and 200 out at 0.80 per million: 0.0002 + 0.00016", () => {
    expect(cost("plain", "batch", { input: 1000, output: 200 })).toBe("0.00036");
  });

  test("live 1,000 in, 300 of them cached: 700 × 0.40 + 300 × 0.10 + 50 × 1.60 = 280 + 30 + 80 millionths", () => {
    expect(cost("plain", "live", { input: 1000, cached: 300, output: 50, reasoning: 40 })).toBe("0.00039");
  });

  test("reasoning is part of the output, and costs nothing beside it", () => {
    const output = { input: 10, output: 50 };
    expect(cost("plain", "batch", { ...output, reasoning: 50 })).toBe(cost("plain", "batch", output));
  });

  test("a token at 0.0375 per million, halved for the batch, is 18,750 pico-dollars", () => {
    expect(costOf(usage({ input: 1 }), table.models.get("fine"), "batch")).toBe(18_750n);
  });

  test("272,000 in is not above 272,000: 272,000 × 2.50 + 100 × 15 = 680,000 + 1,500 millionths", () => {
    expect(cost("tiered", "live", { input: 272_000, output: 100 })).toBe("0.6815");
  });

  test("one more is: all of 272,001 at 5, 72,001 of them cached at 0.50: 1,000,000 + 36,000.5 + 2,250 millionths", () => {
    expect(cost("tiered", "live", { input: 272_001, cached: 72_001, output: 100 })).toBe("1.0382505");
  });

  test("written into the cache: 400 × 0.05 + 500 × 0.0625 + 100 × 0.005 + 10 × 0.25 = 20 + 31.25 + 0.5 + 2.5", () => {
    const written = { input: 1000, cached: 100, cacheWritten: 500, output: 10 };
    expect(cost("writing", "batch", written)).toBe("0.00005425");
  });

  test("written where writing is not charged for costs what input costs", () => {
    expect(cost("plain", "batch", { input: 1000, cacheWritten: 1000 })).toBe("0.0002");
  });

  test("10¹² tokens in and out: 200,000 + 800,000 USD, to the pico-dollar", () => {
    expect(cost("plain", "batch", { input: 1e12, output: 1e12 })).toBe("1000000");
    expect(cost("fine", "batch", { input: 1e12 + 1 })).toBe("18750.00000001875");
  });

  test("nothing costs nothing", () => {
    expect(cost("plain", "batch", {})).toBe("0");
  });
});

describe("what is not known is not 0", () => {
  test.each<[string, string, Mode, Partial<BilledUsage>]>([
    ["a model", "unheard", "batch", { input: 1 }],
    ["a mode", "writing", "live", { input: 1 }],
    ["a mode of a tier", "tiered", "batch", { input: 300_000 }],
    ["what was written, where that is charged for", "writing", "batch", { input: 1000 }],
    ["the price of output", "embedding", "batch", { input: 1, output: 1 }],
    ["more cached than input", "plain", "batch", { input: 10, cached: 11 }],
    ["more cached and written than input", "writing", "batch", { input: 10, cached: 5, cacheWritten: 6 }],
    ["more reasoning than output", "plain", "batch", { input: 10, output: 1, reasoning: 2 }],
    ["a negative count", "plain", "batch", { input: -1 }],
    ["half a token", "plain", "batch", { input: 1.5 }],
    ["a count beyond what is exact", "plain", "batch", { input: 2 ** 53 }],
  ])("%s", (_, model, mode, given) => {
    expect(cost(model, mode, given)).toBeUndefined();
  });

  test("the estimate of a model, a mode, an impossible count", () => {
    expect(estimateCost({ input: 1, output: 1 }, undefined, "batch")).toBeUndefined();
    expect(estimateCost({ input: 1, output: 1 }, table.models.get("writing"), "live")).toBeUndefined();
    expect(estimateCost({ input: -1, output: 1 }, table.models.get("plain"), "live")).toBeUndefined();
    expect(estimateCost({ input: 1, output: 1 }, table.models.get("embedding"), "batch")).toBeUndefined();
  });

  test("an embedding has no output, and a known cost", () => {
    expect(cost("embedding", "batch", { input: 1_000_000 })).toBe("0.01");
    expect(estimateCost({ input: 1_000_000, output: 0 }, table.models.get("embedding"), "batch")).toBe(
      parseUsd("0.01"),
    );
  });

  test("a tier of the other mode only hides the base price, too, and the next one has its own", () => {
    expect(cost("tiered", "live", { input: 500_001 })).toBeUndefined();
    expect(cost("tiered", "batch", { input: 500_001 })).toBe("1.2500025");
  });
});

describe("an estimate", () => {
  test("is input at its price and the output that is expected: 1,000 × 0.20 + 150 × 0.80 millionths", () => {
    expect(estimateCost({ input: 1000, output: 150 }, table.models.get("plain"), "batch")).toBe(parseUsd("0.00032"));
  });

  test("takes all input to be written into the cache, where that costs more: 1,000 × 0.0625", () => {
    expect(estimateCost({ input: 1000, output: 0 }, table.models.get("writing"), "batch")).toBe(parseUsd("0.0000625"));
  });

  test("is never below the cost, if cached input costs no more than input", () => {
    const sound = prices.filter((price) => [price, ...price.tiers].every(cachesCheaply));
    fc.assert(
      fc.property(sound, usages, fc.constantFrom<Mode>("batch", "live"), (price, spent, mode) => {
        const [estimate, actual] = [estimateCost(spent, price, mode), costOf(spent, price, mode)];
        expect(estimate !== undefined && actual !== undefined && estimate >= actual).toBe(true);
      }),
    );
  });
});

function cachesCheaply({ live, batch }: Pick<Price, "live" | "batch">): boolean {
  return [live, batch].every((rates) => rates !== undefined && rates.cachedInput <= rates.input);
}

describe("costs add up", () => {
  const requests = fc.array(fc.tuple(usages, prices, fc.constantFrom<Mode>("batch", "live")), { maxLength: 40 });
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

  test("exactly, in any order and grouping, also when each group's sum is written down and read again", () => {
    fc.assert(
      fc.property(requests, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 7 }), (all, random, size) => {
        const costs = all.map(([spent, price, mode]) => costOf(spent, price, mode) ?? fail());
        const shuffled = costs
          .map((amount) => ({ amount, at: random.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ amount }) => amount);
        const groups = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
          shuffled.slice(index * size, (index + 1) * size),
        );
        const written = groups.map((group) => parseUsd(formatUsd(sum(group))) ?? fail());
        expect(sum(written)).toBe(sum(costs));
      }),
    );
  });

  test("each part of the tokens is charged once, at its own price", () => {
    fc.assert(
      fc.property(usages, prices, (spent, price) => {
        const {
          input,
          cachedInput,
          cacheWrite = 0n,
          output = 0n,
        } = price.tiers.toReversed().find(({ aboveInputTokens }) => spent.input > aboveInputTokens)?.batch ??
        price.batch ??
        fail();
        const fresh = spent.input - spent.cached - spent.cacheWritten;
        let total = 0n;
        for (const [tokens, rate] of [
          [fresh, input],
          [spent.cached, cachedInput],
          [spent.cacheWritten, cacheWrite],
          [spent.output, output],
        ] as const) {
          total += BigInt(tokens) * rate;
        }
        expect(costOf(spent, price, "batch")).toBe(total);
      }),
    );
  });
});

function fail(): never {
  throw new Error("there should have been a price");
}
