import fc from "fast-check";
import { expect, test } from "vitest";
import { niceBins } from "../../../src/core/scores/nice-bins.ts";

test("edges are numbers that people count in, and values stand where they are written", () => {
  const tenths = Array.from({ length: 10 }, (_, index) => [index / 10, index + 1] as const);
  const bins = niceBins(tenths, { maxBins: 12, isInteger: false });
  expect(bins.map(({ from, count }) => [from, count])).toEqual(tenths);
  expect(bins.at(-1)?.to).toBe(1);
});

test("whole numbers get bins of whole numbers, multiples of what is asked for", () => {
  const values = [
    [0, 1],
    [7, 2],
    [100, 3],
  ] as const;
  expect(niceBins(values, { maxBins: 12, isInteger: true, multipleOf: 5 })).toMatchObject([
    { from: 0, to: 10, count: 3 },
    ...Array.from({ length: 9 }, () => ({ count: 0 })),
    { from: 100, to: 110, count: 3 },
  ]);
  expect(niceBins([[4, 1]], { maxBins: 12, isInteger: true })).toEqual([{ from: 4, to: 5, count: 1 }]);
  expect(niceBins([], { maxBins: 12, isInteger: true })).toEqual([]);
});

test("large whole numbers keep all their digits", () => {
  const values = Array.from({ length: 40 }, (_, index) => [1_700_000_000_000 + index, 1] as const);
  const bins = niceBins(values, { maxBins: 20, isInteger: true });
  expect(bins).toHaveLength(20);
  for (const [index, { from, to }] of bins.entries()) {
    expect([from, to]).toEqual([1_700_000_000_000 + 2 * index, 1_700_000_000_002 + 2 * index]);
  }
});

test("all values are in a bin, and bins are few, whatever the values", () => {
  const values = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 50 }), fc.boolean(), (some, maxBins, isInteger) => {
      const weighted = some.toSorted((a, b) => a - b).map((value) => [value, 2] as const);
      const bins = niceBins(weighted, { maxBins, isInteger });
      expect(bins.length).toBeLessThanOrEqual(maxBins);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(2 * some.length);
    }),
  );
});
