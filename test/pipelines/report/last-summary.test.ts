import { expect, test } from "vitest";
import { readLastSummary } from "../../../src/pipelines/report/last-summary.ts";

const rows = { read: 2, written: 2, skipped: 0, answered: 2, repaired: 0, failed: 0, failed_by_code: {} };
const summary = { rows, seconds: 1, cost: { saved_usd: 0.5 } };

test("what an older version has not told, or another tells otherwise, takes nothing else with it", () => {
  const told = { ...summary, pairs: { consistent: 1, inconsistent: 1 }, labels: { label: 1 }, probe: "none" };
  const read = readLastSummary(JSON.stringify(told));
  const pairs = { consistent: 1, inconsistent: 1 };
  expect(read).toMatchObject({ rows, scores: [], saved: 500_000_000_000n, pairs, labels: null, probe: null });
  expect(readLastSummary(JSON.stringify(summary))).toMatchObject({ rows, judging: null, pairs: null });
  expect(readLastSummary("{")).toBeUndefined();
});
