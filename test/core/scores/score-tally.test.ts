import { expect, test } from "vitest";
import type { Distribution } from "../../../src/core/scores/distribution.ts";
import type { ScoreField } from "../../../src/core/scores/score-field.ts";
import { ScoreTally } from "../../../src/core/scores/score-tally.ts";

function distributionOf(
  field: Omit<ScoreField, "name" | "path">,
  values: readonly unknown[],
): Distribution | undefined {
  const tally = new ScoreTally([{ name: "grade.a.b", path: ["a", "b"], ...field }]);
  for (const value of values) tally.add(JSON.stringify({ a: { b: value } }));
  return tally.distributions()[0];
}

test("integers within the schema's bounds each have a bin, those that never came, too", () => {
  expect(distributionOf({ kind: "integer", minimum: 1, maximum: 5 }, [4, 4, 2, null])).toEqual({
    field: "grade.a.b",
    kind: "integer",
    answers: 3,
    absent: 1,
    mean: 10 / 3,
    min: 2,
    max: 4,
    quantiles: { p5: 2, p25: 2, p50: 4, p75: 4, p95: 4 },
    exact: true,
    bins: [1, 2, 3, 4, 5].map((value) => ({ from: value, to: value, count: { 2: 1, 4: 2 }[value] ?? 0 })),
  });
});

test("many distinct numbers come in at most 50 bins, whose edges are about right", () => {
  const distribution = distributionOf(
    { kind: "number" },
    Array.from({ length: 2_000 }, (_, index) => index / 1_000),
  );
  expect(distribution).toMatchObject({ answers: 2_000, exact: false, min: 0, max: 1.999 });
  const bins = distribution?.kind === "number" ? distribution.bins : [];
  expect([bins.length, bins[0], bins.at(-1)?.to]).toEqual([
    40,
    { from: 0, to: 0.05, count: expect.closeTo(50, -1) },
    2,
  ]);
});

test("values of an enum stand in the schema's order; of numbers, as numbers", () => {
  expect(distributionOf({ kind: "category", values: ["good", "bad"] }, ["bad", "bad", null])).toEqual({
    ...{ field: "grade.a.b", kind: "category", answers: 2, absent: 1, others: 0 },
    values: [
      { value: "good", count: 0 },
      { value: "bad", count: 2 },
    ],
  });
  const numbers = distributionOf({ kind: "integer", values: [10, 20, 30] }, [20]);
  expect(numbers).toMatchObject({ mean: 20, bins: [{ from: 10, count: 0 }, { from: 20, count: 1 }, { from: 30 }] });
});

test("of very many values the most frequent are listed, the rest is counted", () => {
  const values = Array.from({ length: 300 }, (_, index) => `label ${index}`);
  const distribution = distributionOf({ kind: "category", values }, [...values, "label 299", "no such"]);
  expect(distribution).toMatchObject({ answers: 301, absent: 1, others: 200 });
  expect(distribution?.kind === "category" && distribution.values[0]).toEqual({ value: "label 299", count: 2 });
});

test("an answer that is no object, or holds no finite number there, is one without", () => {
  const tally = new ScoreTally([{ name: "grade.n", path: ["n"], kind: "number" }]);
  for (const text of ["null", "[]", "7", '{"n":"7"}', '{"n":1e999}', '{"__proto__":{"n":1}}']) tally.add(text);
  expect(tally.distributions()).toMatchObject([{ answers: 0, absent: 6, mean: null, quantiles: null, bins: [] }]);
});
