import { describe, expect, test } from "vitest";
import { BothOrders } from "../../src/agreement/both-orders.ts";
import { Judges } from "../../src/agreement/judges.ts";
import { type PairVerdict, reconcile, verdictIn } from "../../src/agreement/verdicts-on-pairs.ts";
import type { PartOutcome } from "../../src/core/combine.ts";

const said = (winner: string): PartOutcome => ({ json: `{"reasoning":"r","winner":"${winner}","weight":1.0}` });
const refused: PartOutcome = { failure: { code: "refused", message: "no" } };
const alone = () => new BothOrders({ judges: undefined, samples: 1, outputField: "grade" });
const besideOf = (parts: readonly PartOutcome[]) => JSON.parse(alone().combine(parts).beside.at(-1)?.json ?? "");

describe("two verdicts", () => {
  test.each<[PairVerdict, PairVerdict, PairVerdict, boolean]>([
    ["a", "b", "a", true],
    ["b", "a", "b", true],
    ["tie", "tie", "tie", true],
    ["a", "a", "tie", false],
    ["b", "b", "tie", false],
    ["a", "tie", "tie", false],
    ["tie", "b", "tie", false],
  ])("%s with a first, %s with b first: %s, the same in both: %s", (first, other, winner, consistent) => {
    expect(reconcile(first, other)).toMatchObject({ winner, consistent, first });
  });

  test("come to the same, mirrored, for the row with its texts exchanged", () => {
    const mirror = { a: "b", b: "a", tie: "tie" } as const;
    for (const first of ["a", "b", "tie"] as const) {
      for (const other of ["a", "b", "tie"] as const) {
        expect(reconcile(other, first).winner).toBe(mirror[reconcile(first, other).winner]);
      }
    }
  });

  test.each(['{"winner":"c"}', "{}", "[]", '"a"', "null"])("%s says nothing of who wins", (json) => {
    expect(verdictIn(json)).toBeUndefined();
  });
});

test("the answer is the first order's, with the winner of both; numbers keep their spelling", () => {
  expect(alone().combine([said("a"), said("a")])).toMatchObject({
    json: '{"reasoning":"r","winner":"tie","weight":1.0}',
  });
  expect(besideOf([said("a"), said("a")])).toEqual({ consistent: false, first: "a", swapped: "b" });
  expect(besideOf([said("b"), said("a")])).toEqual({ consistent: true, first: "b", swapped: "b" });
});

test("a pair with one answer only has no verdict, and says why", () => {
  for (const parts of [
    [refused, said("a")],
    [said("a"), refused],
  ]) {
    expect(alone().combine(parts)).toMatchObject(refused);
    expect(besideOf(parts)).toEqual({ consistent: null, first: null, swapped: null });
  }
  expect(alone().combine([said("a"), { json: '{"tool_calls":[]}' }])).toMatchObject({
    failure: { code: "invalid_answer" },
  });
});

test("several judges judge pairs: each in both orders, then by the majority", () => {
  const kind = { isJson: true, freeText: new Set(["reasoning"]) };
  const judges = new Judges({ models: ["m", "n"], samples: 2, quorum: 1, outputField: "grade", ...kind });
  const orders = new BothOrders({ judges, samples: 2, outputField: "grade" });
  expect(orders.labels.map(({ judge, sample, order }) => `${judge}${sample} ${order}`)).toEqual([
    "m1 a, b",
    "m2 a, b",
    "m1 b, a",
    "m2 b, a",
    "n1 a, b",
    "n2 a, b",
    "n1 b, a",
    "n2 b, a",
  ]);
  expect([orders.fields, orders.columns.at(-1)]).toEqual([
    ["grade_agreement", "grade_pairwise"],
    "grade_pairwise.consistent",
  ]);
  // m says a twice; n says a once, and once the first.
  const parts = ["a", "a", "b", "b", "a", "a", "b", "a"].map(said);
  const combined = orders.combine(parts);
  expect("json" in combined && verdictIn(combined.json)).toBe("a");
  const [agreement, pairwise] = combined.beside.map(({ json }) => JSON.parse(json));
  expect(agreement).toMatchObject({ agree: false, share: 0.75, answered: 4, asked: 4 });
  expect(pairwise).toMatchObject({ consistent: false });
  expect(pairwise.pairs[3]).toEqual({ judge: "n", sample: 2, consistent: false, first: "a", swapped: "b" });
  expect(orders.counts).toEqual({ consistent: 0, inconsistent: 1 });
  const partly = orders.combine([said("a"), refused, said("b"), said("b"), refused, refused, refused, refused]);
  expect("json" in partly && verdictIn(partly.json)).toBe("a");
});

test("an order that the budget did not admit outweighs the failure of the other", () => {
  const unasked: PartOutcome = { failure: { code: "budget_exceeded", message: "later" } };
  expect(alone().combine([refused, unasked])).toMatchObject(unasked);
  expect(alone().combine([unasked, refused])).toMatchObject(unasked);
});
