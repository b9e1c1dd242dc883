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
    rows: { read: 10, written: 10, skipped: 0, answered: 8, repaired: 0, failed: 2, failed_by_code: { refused: 2 } },
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
    ...{ labels: null, judging: null, pairs: null, probe: null },
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

const estimate = (value: number) => ({ value, low: value - 0.1, high: Math.min(1, value + 0.1) });

/** What a run with judges, labels, pairs and a probe adds to its report. @param name Of everything that has one. */
export function judgedParts(values: readonly string[], name = "score") {
  const confusion = values.map((_, row) => values.map((_, column) => (row === column ? 40 : (row + column) % 4)));
  const judge = { model: name, samples: 2, answered: 1_990, failed: 10, replies_billed: 2_000 };
  return {
    labels: {
      ...{ label: name, answer: name, compared: 1_000, without_label: 3, without_answer: 4, scale: "ordinal" },
      ...{ same_scale: true, values, confusion, accuracy: estimate(0.5), kappa: estimate(-0.2) },
      ...{ kappa_linear: estimate(0.7), kappa_quadratic: estimate(0.95), spearman: null },
      bootstrap: { resamples: 1_000, confidence: 0.95 },
    },
    judging: {
      judges: [
        { ...judge, billed_usd: 123_456_000_000n },
        { ...judge, billed_usd: null },
      ],
      ...{ rows_agreed: 800, rows_disagreed: 190, rows_tied: 20, rows_partly: 10 },
    },
    pairs: { consistent: 900, inconsistent: 90 },
    probe: {
      ...{ file: name, rows: 50, answered: 49, failed: 1, compared: 48, changed: 5, field: name, mean_shift: -0.25 },
      ...{ previous: { run: 6, asked: name, at: at(0) }, kappa: estimate(0.8) },
    },
  } satisfies Partial<RunReport>;
}
