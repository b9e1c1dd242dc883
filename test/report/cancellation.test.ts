import { expect, test } from "vitest";
import { type CancelledBatch, type CancelledRun, formatCancellation } from "../../src/report/cancellation.ts";

const BATCH: CancelledBatch = {
  ...{ chunk: "r1-x", batch_id: "batch_1", outcome: "collected", batch_status: "cancelled" },
  ...{ requests: 5000, answers: 1200, error: null },
};
const lines = (run: Partial<CancelledRun>) => {
  const whole: CancelledRun = { run: 1, label: "in → out", state: "cancelled", batches: [BATCH], ...run };
  return formatCancellation({ state_dir: "/state", runs: [whole] }).split("\n");
};

test("each batch is told with its status and what is kept", () => {
  const released = { ...BATCH, batch_id: null, batch_status: null, outcome: "released", answers: 0 } as const;
  expect(lines({ batches: [BATCH, released] })).toEqual([
    "Run 1  in → out",
    "  batch    is now       answers kept",
    "  batch_1  cancelled  1,200 of 5,000",
    "  r1-x     not there      0 of 5,000",
    "  The run is cancelled. What it has answers to is kept; its command would ask only for the rest.",
    "",
  ]);
});

test("what is still open is told, and what to do", () => {
  const cancelling = { ...BATCH, batch_status: "cancelling", outcome: "cancelling", answers: null } as const;
  const failed = { ...BATCH, outcome: "failed", answers: null, error: "no\u001b[2J line" } as const;
  expect(lines({ state: "unfinished", batches: [cancelling, failed] })).toEqual([
    "Run 1  in → out",
    "  batch    is now                     answers kept",
    "  batch_1  cancelling",
    "  batch_1  unclear: no\\u001b[2J line",
    "  Run cancel again to collect what is still open.",
    "",
  ]);
});

test("a part of a run leaves the rest to its command", () => {
  expect(lines({ state: "unfinished" }).at(-2)).toContain("the same command goes on");
  expect(lines({ state: "finished" }).at(-2)).toContain("finished before");
  expect(lines({ batches: [] })[1]).toContain("The run is cancelled.");
});

test("nothing to cancel is no mistake", () => {
  expect(formatCancellation({ state_dir: "/state", runs: [] })).toMatch(/^There is nothing to cancel/);
});
