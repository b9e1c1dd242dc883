import {
  AT_PROVIDER,
  type ChunkOutcomes,
  type Inventory,
  type RequestCounts,
  type RunEntry,
} from "../ledger/inventory.ts";
import type { Chunk } from "../ledger/ledger.ts";
import type { ChunkStatus, RunStatus, StatusReport } from "../report/status.ts";

export interface StatusSelection {
  readonly runs: readonly RunEntry[];
  /** Whether every chunk of them is shown. */
  readonly withChunks: boolean;
}

/** The status of a ledger that is not there. */
export function emptyStatus(stateDir: string): StatusReport {
  const bytes = { total: 0, database: 0, request_files: 0, result_files: 0, spools: 0 };
  return { state_dir: stateDir, ledger: { exists: false, answers: 0, bytes }, runs: [] };
}

/** Gathers the status of a ledger, and of some of its runs. */
export function takeStatus(stateDir: string, inventory: Inventory, selection: StatusSelection): StatusReport {
  const { database, chunks, results, spools } = inventory.disk();
  const total = database + chunks + results + spools;
  const bytes = { total, database, request_files: chunks, result_files: results, spools };
  const requests = inventory.requestsOf(selection.runs.map(({ id }) => id));
  const batches = Map.groupBy(inventory.openChunks().filter(isAtProvider), ({ runId }) => runId);
  return {
    state_dir: stateDir,
    ledger: { exists: true, answers: inventory.answers(), bytes },
    runs: selection.runs.map((run) => ({
      ...runStatus(run, requests.get(run.id)),
      batches: (batches.get(run.id) ?? []).map((chunk) => chunkStatus(chunk)),
      ...(selection.withChunks ? { chunks: chunksOf(run, inventory) } : {}),
    })),
  };
}

function chunksOf({ id }: RunEntry, inventory: Inventory): readonly ChunkStatus[] {
  const outcomes = inventory.outcomesByChunk(id);
  return inventory.chunksOf(id).map((chunk) => chunkStatus(chunk, outcomes.get(chunk.id)));
}

function isAtProvider({ state }: Chunk): boolean {
  return AT_PROVIDER.includes(state);
}

function runStatus(run: RunEntry, requests: RequestCounts | undefined): Omit<RunStatus, "batches" | "chunks"> {
  return {
    run: run.id,
    pipeline: run.pipeline,
    label: run.label,
    state: run.state,
    pid: run.process?.pid ?? null,
    host: run.process?.host ?? null,
    exit_status: run.exitStatus,
    started_at: iso(run.startedAt),
    ended_at: isoOrNull(run.endedAt),
    seen_at: iso(run.endedAt ?? run.seenAt),
    chunk_states: run.chunks,
    requests: requestStatus(requests),
  };
}

/** Requests by what has become of them. */
export function requestStatus(counts: RequestCounts | undefined): RunStatus["requests"] {
  const failed = counts?.failed ?? {};
  return {
    answered: counts?.answered ?? 0,
    failed: Object.values(failed).reduce((sum, count) => sum + count, 0),
    failed_by_code: failed,
    in_flight: counts?.inFlight ?? 0,
    collected: counts?.collected ?? 0,
    to_be_asked_again: counts?.toAskAgain ?? 0,
    claimed: counts?.claimed ?? 0,
  };
}

function chunkStatus(chunk: Chunk, outcomes?: ChunkOutcomes): ChunkStatus {
  return {
    chunk: chunk.name,
    state: chunk.state,
    provider: chunk.provider,
    endpoint: chunk.endpoint,
    model: chunk.model,
    batch_id: chunk.batchId,
    batch_status: chunk.batchStatus,
    requests: chunk.requests,
    answers: outcomes?.answered ?? 0,
    failures: outcomes?.failed ?? 0,
    completed: chunk.completed,
    failed: chunk.failed,
    tokens: chunk.tokens,
    sealed_at: iso(chunk.createdAt),
    submitted_at: isoOrNull(chunk.submittedAt),
    changed_at: iso(chunk.changedAt),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : iso(time);
}
