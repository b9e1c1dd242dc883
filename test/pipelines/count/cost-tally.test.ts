import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CostTally } from "../../../src/pipelines/count/cost-tally.ts";
import { estimateCost } from "../../../src/pricing/cost.ts";
import type { Price, Rates } from "../../../src/pricing/price.ts";
import { prices } from "../../pricing/arbitrary-prices.ts";

function tallyOf(price: Price | undefined, tokens: readonly number[]): CostTally {
  const tally = new CostTally(price);
  for (const some of tokens) tally.add(some);
  return tally;
}

const rates: Rates = { input: 3n, cachedInput: 1n, output: 7n };
const plain: Price = { live: rates, batch: rates, tiers: [], origin: "test" };

describe("CostTally", () => {
  test("is the sum of what each request would cost, whatever the tiers", () => {
    const near = prices.chain((price) => {
      const edges = price.tiers.map(({ aboveInputTokens }) => aboveInputTokens);
      const around = edges.flatMap((edge) => [Math.max(0, edge - 1), edge, edge + 1, edge + 2]);
      const tokens = fc.oneof(fc.nat(1_500_000), fc.constantFrom(0, 1, ...around));
      return fc.tuple(fc.constant(price), fc.array(tokens));
    });
    fc.assert(
      fc.property(near, fc.nat(10_000), fc.constantFrom("batch" as const, "live" as const), (given, output, mode) => {
        const [price, tokens] = given;
        let expected = 0n;
        for (const input of tokens) expected += estimateCost({ input, output }, price, mode) ?? -1n;
        expect(tallyOf(price, tokens).cost(mode, output)).toBe(expected);
      }),
    );
  });

  test("is unknown, and not 0, without a price", () => {
    expect(tallyOf(undefined, [1, 2]).cost("batch", 0)).toBeUndefined();
    expect(tallyOf(undefined, []).cost("batch", 0)).toBeUndefined();
    expect(tallyOf({ live: rates, tiers: [], origin: "test" }, [1]).cost("batch", 0)).toBeUndefined();
    expect(tallyOf(plain, []).cost("batch", 5)).toBe(0n);
  });

  test("is unknown when the price of a tier is, but only if a request is in it", () => {
    const price: Price = { ...plain, tiers: [{ aboveInputTokens: 10, live: rates }] };
    expect(tallyOf(price, [10, 4]).cost("batch", 1)).toBe(14n * 3n + 2n * 7n);
    expect(tallyOf(price, [10, 11]).cost("batch", 1)).toBeUndefined();
  });

  test("is known in a tier that is one number wide, whatever the next one's price", () => {
    const price: Price = {
      ...plain,
      tiers: [
        { aboveInputTokens: 4, batch: rates },
        { aboveInputTokens: 5, live: rates },
      ],
    };
    expect(tallyOf(price, [5, 5]).cost("batch", 0)).toBe(30n);
  });
});
