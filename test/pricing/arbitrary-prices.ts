import fc from "fast-check";
import type { BilledUsage } from "../../src/pricing/cost.ts";
import type { Price, Rates } from "../../src/pricing/price.ts";

const rate = fc.bigInt({ min: 0n, max: 10n ** 9n });

const rates: fc.Arbitrary<Rates> = fc.record({ input: rate, cachedInput: rate, cacheWrite: rate, output: rate });

/** Prices in both modes, with up to three tiers. */
export const prices: fc.Arbitrary<Price> = fc
  .record({
    live: rates,
    batch: rates,
    tiers: fc.uniqueArray(fc.record({ aboveInputTokens: fc.nat(1_000_000), live: rates, batch: rates }), {
      maxLength: 3,
      selector: (tier) => tier.aboveInputTokens,
    }),
  })
  .map(({ tiers, ...price }) => ({
    ...price,
    tiers: tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens),
    origin: "test",
  }));

/** What a request of up to a million and a half tokens can have spent. */
export const usages: fc.Arbitrary<Required<BilledUsage>> = fc
  .record({ parts: fc.tuple(fc.nat(500_000), fc.nat(500_000), fc.nat(500_000)), output: fc.nat(200_000) })
  .chain(({ parts: [fresh, cached, cacheWritten], output }) =>
    fc
      .nat(output)
      .map((reasoning) => ({ input: fresh + cached + cacheWritten, cached, cacheWritten, output, reasoning })),
  );
