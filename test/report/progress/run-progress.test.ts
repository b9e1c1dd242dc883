import { expect, test } from "vitest";
import { Counters } from "../../../src/core/counters.ts";
import { runProgress } from "../../../src/report/progress/run-progress.ts";

const TIMES = { startedAt: 0, now: 60_000 };
const USD = 1_000_000_000_000n;

/** A quarter of the input read and asked for, half of that done. */
function underWay(): Counters {
  const counters = new Counters();
  counters.run = { pipeline: "grade", provider: "openai", model: "m", isPriced: true };
  Object.assign(counters, { rowsRead: 100, bytesRead: 250, bytesToRead: 1_000, rowsAsked: 100, rowsAnswered: 50 });
  counters.stage("chunk").rows.in = 100;
  counters.stage("chunk").rows.out = 100;
  Object.assign(counters, { costEstimated: 8n * USD, costEstimatedOfSettled: 4n * USD, costBilled: 2n * USD });
  const batch = { batchId: "b", requests: 50, completed: 50, failed: 0, tokens: 9, submittedAt: 10_000 };
  counters.batches.ended({ ...batch, name: "a", status: "completed" }, 40_000);
  counters.batches.submitted({ ...batch, name: "b", status: "in_progress", completed: 10 });
  return counters;
}

test("expects rows by bytes, costs by how estimates have turned out, and the end by the pace so far", () => {
  expect(runProgress(underWay(), TIMES)).toMatchObject({
    ...{ rowsRead: 100, rowsExpected: 400, asked: 100, answered: 50, failed: 0, elapsedMs: 60_000 },
    // Billed 2 of an estimated 4, so the other 4 will be 2, too; and all that four times.
    ...{ cost: 2n * USD, costExpected: 16n * USD },
    // 60 requests took a minute, and 340 of 400 are to come.
    remainingMs: 340_000,
    batches: [
      { id: "b", status: "in_progress", done: 10, requests: 50, ageMs: 50_000 },
      { id: "b", status: "completed", done: 50, requests: 50, ageMs: 30_000 },
    ],
  });
});

test("rows that are read and not yet put into chunks count as to come", () => {
  const counters = underWay();
  counters.isReadingOver = true;
  counters.rowsRead = 200;
  expect(runProgress(counters, TIMES)).toMatchObject({
    rowsExpected: 200,
    costExpected: 8n * USD,
    remainingMs: 140_000,
  });
});

test("of an input whose size is not known, or compressed, no end is foretold", () => {
  for (const bytesToRead of [undefined, 100]) {
    const counters = Object.assign(underWay(), { bytesToRead });
    const progress = runProgress(counters, TIMES);
    expect(progress).toMatchObject({ cost: 2n * USD });
    for (const name of ["rowsExpected", "costExpected", "remainingMs"]) expect(progress).not.toHaveProperty(name);
  }
});

test("a cost that is not known is not shown as 0", () => {
  const unpriced = underWay();
  unpriced.run = { pipeline: "grade", provider: "openai", model: "m", isPriced: false };
  const partly = Object.assign(underWay(), { repliesUnpriced: 1 });
  for (const counters of [unpriced, partly]) expect(runProgress(counters, TIMES)).not.toHaveProperty("cost");
});

test("a run that has just begun has nothing to foretell", () => {
  const progress = runProgress(new Counters(), TIMES);
  expect(progress).toMatchObject({ rowsRead: 0, asked: 0, batches: [] });
  expect(progress).not.toHaveProperty("remainingMs");
});
