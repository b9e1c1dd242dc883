import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberTally } from "../../../src/core/scores/number-tally.ts";

function tallyOf(values: readonly number[]): NumberTally {
  const tally = new NumberTally();
  for (const value of values) tally.add(value);
  return tally;
}

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 600 });

test("few distinct values are counted one by one", () => {
  const tally = tallyOf([3, 1, 3, 2, 3, -0, 0]);
  expect(tally.values()).toEqual([
    [0, 2],
    [1, 1],
    [2, 1],
    [3, 3],
  ]);
  expect([tally.count, tally.mean, tally.min, tally.max, tally.isExact]).toEqual([7, 12 / 7, -0, 3, true]);
  expect(tally.quantiles()).toEqual({ p5: 0, p25: 0, p50: 2, p75: 3, p95: 3 });
});

test("a million distinct values take as little room as a thousand, and quantiles stay near", () => {
  const values = Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) % 1_000_003);
  const tally = tallyOf(values);
  expect(tally.values().length).toBeLessThanOrEqual(1_024);
  expect(tally.isExact).toBe(false);
  const { p5, p50, p95 } = tally.quantiles();
  for (const [got, want] of [
    [p5, 50_000],
    [p50, 500_000],
    [p95, 950_000],
  ] as const) {
    expect(Math.abs(got - want)).toBeLessThan(2_000);
  }
});

test("whatever comes is counted, in bounded room, within the bounds", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const tally = tallyOf(values);
      const counted = tally.values();
      expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(values.length);
      expect(counted.length).toBeLessThanOrEqual(1_024);
      const inside = counted.every(([value]) => value >= tally.min && value <= tally.max);
      expect([inside, tally.min, tally.max]).toEqual([true, min(values), max(values)]);
    }),
    { numRuns: 60 },
  );
});

test("the order in which values come makes no difference", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      expect(tallyOf(values).values()).toEqual(tallyOf(values.toReversed()).values());
    }),
    { numRuns: 60 },
  );
});

function min(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
