import { expect, test } from "vitest";
import { Judges, type JudgesOptions } from "../../src/agreement/judges.ts";
import type { PartOutcome } from "../../src/core/combine.ts";
import type { FailureCode } from "../../src/core/records.ts";

const options: JudgesOptions = {
  models: ["m", "n"],
  samples: 2,
  quorum: 1,
  outputField: "grade",
  isJson: true,
  freeText: new Set(["why"]),
};

function answers(...scores: readonly (number | FailureCode)[]): readonly PartOutcome[] {
  return scores.map((score) =>
    typeof score === "number"
      ? { json: JSON.stringify({ why: `${score}`, score }) }
      : { failure: { code: score, message: "no answer" } },
  );
}

function agreementIn(judges: Judges, parts: readonly PartOutcome[]) {
  const { beside } = judges.combine(parts);
  expect(beside.map(({ name }) => name)).toEqual(judges.fields);
  return JSON.parse(beside[0]?.json ?? "");
}

test("labels, fields and columns", () => {
  const judges = new Judges(options);
  expect(judges.labels).toEqual([
    { judge: "m", sample: 1 },
    { judge: "m", sample: 2 },
    { judge: "n", sample: 1 },
    { judge: "n", sample: 2 },
  ]);
  expect(judges.columns).toContain("grade_agreement.share");
});

test("says how far the answers agree", () => {
  const judges = new Judges(options);
  expect(agreementIn(judges, answers(1, 2, 2, 4))).toEqual({
    agree: false,
    share: 0.5,
    spread: 3,
    tie: false,
    answered: 4,
    asked: 4,
    fields: { score: { share: 0.5, tie: false, min: 1, max: 4 } },
  });
  expect(agreementIn(judges, answers(2, 2, "refused", 2))).toMatchObject({ agree: true, spread: 0, answered: 3 });
  expect(agreementIn(judges, answers(2, "refused", "refused", "refused"))).toMatchObject({ agree: null, answered: 1 });
  expect(judges.counts).toMatchObject({ agreed: 1, disagreed: 1, tied: 0, partly: 2 });
  expect([...judges.counts.byModel]).toEqual([
    ["m", { answered: 5, failed: 1 }],
    ["n", { answered: 3, failed: 3 }],
  ]);
});

test("a row fails with fewer answers than the quorum, as the first that is missing", () => {
  const judges = new Judges({ ...options, quorum: 3 });
  expect(judges.combine(answers(1, 1, 1, "refused"))).toHaveProperty("json");
  const failed = judges.combine(answers(1, 1, "expired", "refused"));
  expect(failed).toMatchObject({ failure: { code: "expired" } });
  expect(failed).toHaveProperty("failure.message", "2 of 4 answers are missing; the first: no answer");
  expect(new Judges(options).combine(answers("refused", "refused", "refused", "refused"))).toHaveProperty("failure");
});

test("a row that the budget did not admit whole is none of those answered", () => {
  expect(new Judges(options).combine(answers(1, 1, "refused", "budget_exceeded"))).toMatchObject({
    failure: { code: "budget_exceeded" },
  });
});
