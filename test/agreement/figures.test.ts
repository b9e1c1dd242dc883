import fc from "fast-check";
import { sampleRankCorrelation } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { contingencyOf, matrixOf } from "../../src/agreement/contingency.ts";
import { type Figures, figuresOf } from "../../src/agreement/figures.ts";
import type { Value } from "../../src/agreement/pair-counts.ts";

type Pair = readonly [label: Value, answer: Value];

function tableOf(pairs: readonly Pair[]) {
  return contingencyOf(pairs.map(([label, answer]) => ({ label, answer, count: 1 })));
}

function figures(pairs: readonly Pair[]): Figures {
  return figuresOf(tableOf(pairs));
}

/** A row for each label. */
function pairsOf(matrix: readonly (readonly number[])[], name: (index: number) => Value): readonly Pair[] {
  return matrix.flatMap((row, label) =>
    row.flatMap((count, answer) => Array.from({ length: count }, (): Pair => [name(label), name(answer)])),
  );
}

const letter = (index: number) => "abc"[index] ?? "";
const scores = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })), {
  minLength: 1,
  maxLength: 60,
});

/** Equal but for rounding; no value is equal to no value. */
function expectSame(a: Figures, b: Figures): void {
  for (const name of Object.keys(a) as (keyof Figures)[]) {
    if (Number.isNaN(b[name])) expect(a[name]).toBeNaN();
    else expect(a[name]).toBeCloseTo(b[name], 10);
  }
}

describe("figuresOf", () => {
  test("kappa of the table with 20, 5, 10 and 15", () => {
    // Observed 0.7, expected 0.5: the textbook's 0.4.
    const matrix = [
      [20, 5],
      [10, 15],
    ];
    expect(figures(pairsOf(matrix, letter))).toMatchObject({ accuracy: 0.7, kappaLinear: Number.NaN });
    expect(figures(pairsOf(matrix, letter)).kappa).toBeCloseTo(0.4, 12);
  });

  test("kappa of Cohen's 200 cases (1968, table 1): 0.492", () => {
    const matrix = [
      [88, 14, 18],
      [10, 40, 10],
      [2, 6, 12],
    ];
    expect(figures(pairsOf(matrix, letter)).kappa).toBeCloseTo(0.29 / 0.59, 12);
    expect(matrixOf(tableOf(pairsOf(matrix, letter)))).toEqual(matrix);
  });

  test("weighted kappa, by hand", () => {
    const matrix = [
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 3],
    ];
    const { kappaLinear, kappaQuadratic } = figures(pairsOf(matrix, (index) => index + 1));
    // Rows 3, 3, 4; columns 3, 3, 4. Distances observed: 1 + 1 + 2 of 10; expected: (9 + 9 + 12 + 12 + 2 × 24) / 100.
    expect(kappaLinear).toBeCloseTo(1 - 0.4 / 0.9, 12);
    // Squares observed: 1 + 1 + 4 of 10; expected: (9 + 9 + 12 + 12 + 4 × 24) / 100.
    expect(kappaQuadratic).toBeCloseTo(1 - 0.6 / 1.38, 12);
  });

  test("rho of ten people's IQ and hours before a screen: -29 / 165", () => {
    const iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110];
    const hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17];
    expect(figures(iq.map((value, index) => [value, hours[index] ?? 0])).spearman).toBeCloseTo(-29 / 165, 12);
  });

  test("rho with ties, by hand: ranks 1, 2.5, 2.5, 4 and 1, 4, 2.5, 2.5", () => {
    const pairs: readonly Pair[] = [
      [1, 1],
      [2, 3],
      [2, 2],
      [3, 2],
    ];
    expect(figures(pairs).spearman).toBeCloseTo(2.25 / 4.5, 12);
  });

  test("rho is that of simple-statistics, whatever the ties", () => {
    fc.assert(
      fc.property(scores, (pairs) => {
        const [a, b] = [pairs.map(([label]) => label), pairs.map(([, answer]) => answer)];
        fc.pre(new Set(a).size > 1 && new Set(b).size > 1);
        expect(figures(pairs).spearman).toBeCloseTo(sampleRankCorrelation(a, b), 10);
      }),
    );
  });

  test("weighted kappas are what their definition sums to", () => {
    fc.assert(
      fc.property(scores, (pairs) => {
        const ratio = (weight: (a: number, b: number) => number) => {
          const mean = (all: readonly (readonly [number, number])[]) =>
            all.reduce((sum, [a, b]) => sum + weight(a, b), 0) / all.length;
          const crossed = pairs.flatMap(([a]) => pairs.map(([, b]) => [a, b] as const));
          return 1 - mean(pairs) / mean(crossed);
        };
        fc.pre(new Set(pairs.flat()).size > 1);
        expect(figures(pairs).kappa).toBeCloseTo(
          ratio((a, b) => (a === b ? 0 : 1)),
          8,
        );
        expect(figures(pairs).kappaLinear).toBeCloseTo(
          ratio((a, b) => Math.abs(a - b)),
          8,
        );
        expect(figures(pairs).kappaQuadratic).toBeCloseTo(
          ratio((a, b) => (a - b) ** 2),
          8,
        );
      }),
    );
  });

  test("agreement in all is 1, where there is anything to agree about", () => {
    fc.assert(
      fc.property(scores, (pairs) => {
        const same = figures(pairs.map(([label]) => [label, label]));
        const one = new Set(pairs.map(([label]) => label)).size === 1 ? Number.NaN : 1;
        expectSame(same, { accuracy: 1, kappa: one, kappaLinear: one, kappaQuadratic: one, spearman: one });
      }),
    );
  });

  test("labels and answers may change places; rows may come in any order", () => {
    fc.assert(
      fc.property(scores, (pairs) => {
        expectSame(figures(pairs.map(([label, answer]) => [answer, label])), figures(pairs));
        expectSame(figures(pairs.toReversed()), figures(pairs));
      }),
    );
  });

  test("a scale may be moved and stretched; doubled rows change nothing", () => {
    fc.assert(
      fc.property(scores, (pairs) => {
        expectSame(figures(pairs.map(([label, answer]) => [3 * label - 7, 3 * answer - 7])), figures(pairs));
        expectSame({ ...figures([...pairs, ...pairs]) }, figures(pairs));
      }),
    );
  });
});
