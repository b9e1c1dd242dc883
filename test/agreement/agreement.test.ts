import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreementOf } from "../../src/agreement/agreement.ts";
import { drawBinomial } from "../../src/agreement/binomial.ts";
import { PairCounts } from "../../src/agreement/pair-counts.ts";
import { SeededRandom } from "../../src/agreement/seeded-random.ts";

function countsOf(pairs: readonly (readonly [label: unknown, answer: unknown])[]): PairCounts {
  const counts = new PairCounts();
  for (const [label, answer] of pairs) counts.add(label, answer);
  return counts;
}

describe("PairCounts", () => {
  test.each<[unknown, unknown]>([
    [3, "3"],
    ["3.0", 3],
    [" Good ", "good"],
    ["TRUE", true],
    [-0, 0],
    [{ a: 1 }, '{"a":1}'],
    ["1e2", 100],
  ])("%j is %j", (label, answer) => {
    expect(agreementOf(countsOf([[label, answer]]))?.figures.accuracy?.value).toBe(1);
  });

  test.each<[unknown, unknown]>([
    [3, "three"],
    [1, true],
    ["", "x"],
    ["a".repeat(300), `${"a".repeat(299)}b`],
  ])("%j is not %j among others", (label, answer) => {
    const [pair] = countsOf([
      [label, answer],
      ["else", "else"],
    ]).pairs;
    expect(pair?.label).not.toEqual(label === "" ? "" : pair?.answer);
  });

  test("beside true and false, 1 and 0, yes and no are those", () => {
    const { pairs } = countsOf([
      [1, true],
      ["0", false],
      ["Yes", true],
      ["no", true],
    ]);
    expect(pairs.map(({ label, answer }) => [label, answer])).toEqual([
      [true, true],
      [false, false],
      [true, true],
      [false, true],
    ]);
    expect(countsOf([[1, 0]]).pairs).toMatchObject([{ label: 1, answer: 0 }]);
  });

  test("rows without a label or an answer are counted apart", () => {
    const counts = countsOf([
      [undefined, 1],
      [null, 1],
      [" ", 1],
      [1, undefined],
      [1, null],
      [1, 1],
    ]);
    expect(counts).toMatchObject({ compared: 1, withoutLabel: 3, withoutAnswer: 2 });
  });

  test("holds no more pairs than it may, and says so", () => {
    const counts = new PairCounts();
    for (let index = 0; index < 10_001; index++) counts.add(index, index);
    expect(counts.pairs).toHaveLength(10_000);
    expect(counts).toMatchObject({ compared: 10_001, isOverfull: true });
    expect(agreementOf(counts)).toBeUndefined();
  });
});

describe("drawBinomial", () => {
  test.each([
    [20, 0.3],
    [1_000, 0.004],
    [400, 0.5],
    [100_000, 0.9],
    [7, 0.99],
  ])("%i trials of %d have the mean and the variance of a binomial", (trials, chance) => {
    const random = new SeededRandom(7);
    const draws = Array.from({ length: 20_000 }, () => drawBinomial(trials, chance, random));
    expect(draws.every((draw) => Number.isInteger(draw) && draw >= 0 && draw <= trials)).toBe(true);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    const expected = trials * chance * (1 - chance);
    expect(Math.abs(mean - trials * chance)).toBeLessThan(5 * Math.sqrt(expected / draws.length));
    expect(variance / expected).toBeGreaterThan(0.94);
    expect(variance / expected).toBeLessThan(1.06);
  });

  test("what never or always happens", () => {
    const random = new SeededRandom(1);
    expect([drawBinomial(9, 0, random), drawBinomial(9, 1, random), drawBinomial(0, 0.5, random)]).toEqual([0, 9, 0]);
  });
});

describe("agreementOf", () => {
  test("an interval holds its figure, and is as wide as theory says", () => {
    const counts = new PairCounts();
    for (let row = 0; row < 10_000; row++) counts.add(row % 2 === 0, row % 5 < 4 ? row % 2 === 0 : row % 2 === 1);
    const accuracy = agreementOf(counts)?.figures.accuracy;
    expect(accuracy?.value).toBe(0.8);
    // 1.96 standard errors of a share of 0.8 among 10,000: 0.0078.
    expect(accuracy?.low).toBeCloseTo(0.8 - 0.0078, 3);
    expect(accuracy?.high).toBeCloseTo(0.8 + 0.0078, 3);
  });

  test("the same counts give the same intervals, whatever the order", () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })), { minLength: 1 });
    fc.assert(
      fc.property(pairs, (some) => {
        expect(agreementOf(countsOf(some.toReversed()))).toEqual(agreementOf(countsOf(some)));
      }),
      { numRuns: 15 },
    );
  });

  test("nothing compared is no agreement; sides of two scales are told", () => {
    expect(agreementOf(new PairCounts())).toBeUndefined();
    expect(agreementOf(countsOf([["good", 4]]))?.isSameScale).toBe(false);
    expect(agreementOf(countsOf([[1, 1]]))).toMatchObject({ isSameScale: true, figures: { kappa: null } });
  });
});
