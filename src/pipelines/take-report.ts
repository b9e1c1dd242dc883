import type { Books } from "../ledger/books.ts";
import type { Inventory, RunEntry } from "../ledger/inventory.ts";
import type { RunReport } from "../report/run-report.ts";
import { batchSpans } from "./report/batch-spans.ts";
import { type LastSummary, readLastSummary } from "./report/last-summary.ts";
import { ModelSums } from "./report/model-sums.ts";
import { requestStatus } from "./take-status.ts";

/** Where a report's figures come from. */
export interface ReportSources {
  readonly inventory: Inventory;
  readonly books: Books;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Gathers what there is to tell of a run. It takes as much memory for a million rows as for ten. */
export function takeReport(run: RunEntry, { inventory, books, now }: ReportSources): RunReport {
  const summary = readLastSummary(run.summary);
  const requests = requestStatus(inventory.requestsOf([run.id]).get(run.id));
  const sums = new ModelSums();
  for (const account of books.accountsOf(run.id)) sums.add(account);
  return {
    made_at: new Date(now).toISOString(),
    run: reportedRun(run, summary),
    rows: summary?.rows ?? null,
    requests,
    scores: summary?.scores ?? [],
    labels: summary?.labels ?? null,
    judging: summary?.judging ?? null,
    pairs: summary?.pairs ?? null,
    probe: summary?.probe ?? null,
    failures:
      summary === undefined
        ? { of: "requests", by_code: requests.failed_by_code }
        : { of: "rows", by_code: summary.rows.failed_by_code },
    models: sums.figures(),
    estimate: sums.estimate(),
    batches: batchSpans(inventory.chunksOf(run.id)),
  };
}

function reportedRun(run: RunEntry, summary: LastSummary | undefined): RunReport["run"] {
  return {
    run: run.id,
    pipeline: run.pipeline,
    label: run.label,
    state: run.state,
    exit_status: run.exitStatus,
    started_at: new Date(run.startedAt).toISOString(),
    ended_at: run.endedAt === null ? null : new Date(run.endedAt).toISOString(),
    seconds: summary?.seconds ?? null,
    saved_usd: summary?.saved ?? null,
  };
}
