import type { Chunk } from "../../ledger/ledger.ts";
import type { BatchSpan, RunReport } from "../../report/run-report.ts";

/** Batches that are listed one by one; of more, every second, third, … is. */
const MAX_LISTED = 200;

/** The lives of batches, of so many that they can be shown. @param chunks Oldest first. */
export function batchSpans(chunks: readonly Chunk[]): RunReport["batches"] {
  const spans = chunks.flatMap((chunk) => (chunk.submittedAt === null ? [] : [spanOf(chunk, chunk.submittedAt)]));
  const every = Math.max(1, Math.ceil(spans.length / MAX_LISTED));
  return { total: spans.length, every, listed: spans.filter((_, index) => index % every === 0) };
}

function spanOf(chunk: Chunk, submittedAt: number): BatchSpan {
  const { inProgressAt, finalizingAt, endedAt } = chunk.times;
  return {
    chunk: chunk.name,
    batch_id: chunk.batchId,
    mode: chunk.mode,
    model: chunk.model,
    status: chunk.batchStatus ?? chunk.state,
    requests: chunk.requests,
    submitted_at: new Date(submittedAt).toISOString(),
    in_progress_at: iso(inProgressAt),
    finalizing_at: iso(finalizingAt),
    ended_at: iso(endedAt),
    settled_at: iso(chunk.state === "settled" ? chunk.changedAt : null),
  };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
