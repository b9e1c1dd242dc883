import { expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import type { StepSummary } from "../../src/report/step-summary.ts";
import { formatSummary, type Summary, summarise } from "../../src/report/summary.ts";

const FACTS = { run: 1, provider: "p", model: "m", isDryRun: false, seconds: 1, exitStatus: 0, isPriced: true };
const STEP: StepSummary = { step: "use", in: 2, out: 2, dropped: 0, added: 0, failed: 0, run: null, model: null };

function counted(change: (counters: Counters) => void): Summary {
  const counters = new Counters();
  change(counters);
  return summarise(counters, FACTS);
}

const linesOf = (summary: Summary) => formatSummary(summary, (amount) => `$${amount}`).split("\n");

test.each([
  ["asked and collected", 5, 7, ["tokens    5 input estimated", "          7 input (0 cached)"]],
  ["collected from an earlier execution", 0, 7, ["tokens    7 input (0 cached)"]],
  ["asked and left", 5, 0, ["tokens    5 input estimated"]],
] as const)("tokens have their label on the first line: %s", (_, estimated, billed, expected) => {
  const summary = counted((counters) => {
    counters.tokensEstimated = estimated;
    counters.tokensBilled.input = billed;
  });
  const lines = linesOf(summary).filter((line) => line.includes(" input "));
  expect(lines.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
});

test("a pipeline that asks nobody says what it wrote, and nothing of requests", () => {
  const summary = counted((counters) => {
    counters.rowsRead = 2;
    counters.rowsWritten = 2;
  });
  expect(linesOf({ ...summary, steps: [STEP] })).toEqual([
    "rows      2 read, 2 written, 0 failed",
    "steps     use: 2 rows in, 2 out",
    "",
  ]);
  expect(linesOf({ ...summary, steps: [STEP, { ...STEP, run: 3 }] })[1]).toMatch(/^requests {2}0 asked/);
});
