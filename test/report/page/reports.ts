import type { BatchSpan, RunReport } from "../../../src/report/run-report.ts";

const START = Date.parse("2026-11-21T10:00:00Z");

/** A time so many seconds after the run's start. */
export function at(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString();
}

/** A batch's life; the numbers are seconds after the run's start. */
export function span(changes: Partial<BatchSpan> = {}): BatchSpan {
  return {
    chunk: "r1-1",
    batch_id: "batch_1",
    mode: "batch",
    model: "gpt-4.1-mini",
    status: "completed",
    requests: 10,
    submitted_at: at(0),
    in_progress_at: at(10),
    finalizing_at: at(100),
    ended_at: at(110),
    settled_at: at(200),
    ...changes,
  };
}

/** The report of a run with one figure of each kind. */
export function runReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    made_at: at(300),
    run: {
      run: 7,
      pipeline: "grade",
      label: "in.csv → out.csv, gpt-4.1-mini",
      state: "finished",
      exit_status: 0,
      started_at: at(0),
      ended_at: at(250),
      seconds: 250,
      saved_usd: null,
    },
    rows: { read: 10, written: 10, skipped: 0, answered: 8, failed: 2, failed_by_code: { refused: 2 } },
    requests: {
      answered: 8,
      failed: 2,
      failed_by_code: { refused: 2 },
      in_flight: 0,
      collected: 0,
      to_be_asked_again: 0,
      claimed: 0,
    },
    scores: [
      {
        ...{ field: "grade.label", kind: "category", answers: 8, absent: 0, others: 0 },
        values: [
          { value: "good", count: 5 },
          { value: "bad", count: 3 },
        ],
      },
    ],
    failures: { of: "rows", by_code: { refused: 2 } },
    models: [
      {
        ...{ model: "gpt-4.1-mini", mode: "batch", chunks: 1, requests: 10 },
        ...{ input_tokens: 100, cached_tokens: 20, output_tokens: 50, reasoning_tokens: 0 },
        ...{ estimated_input_tokens: 100, cost_usd: 2_000_000_000n, estimated_cost_usd: 3_000_000_000n },
      },
    ],
    estimate: {
      input_tokens: { estimated: 100, billed: 100, error_percent: 0 },
      cost_usd: { estimated: 3_000_000_000n, billed: 2_000_000_000n, error_percent: 50 },
    },
    batches: { total: 1, every: 1, listed: [span()] },
    ...changes,
  };
}
