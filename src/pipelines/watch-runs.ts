import { AT_PROVIDER, type Inventory, type RequestCounts, type RunEntry } from "../ledger/inventory.ts";
import type { Chunk } from "../ledger/ledger.ts";
import type { BatchView, ProgressView } from "../report/progress/view.ts";

/** Some runs as they are now. */
export interface WatchedRuns {
  readonly views: readonly ProgressView[];
  /** Whether a process works on one of them. */
  readonly isRunning: boolean;
  /** Whether a batch of theirs has not ended, as far as the ledger knows. */
  readonly isAtWork: boolean;
}

const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);
/** Settled chunks that are shown of a run. */
const SETTLED_SHOWN = 20;

/** Looks at runs of a ledger for who watches them. */
export function lookAtRuns(inventory: Inventory, ids: readonly number[], now: number): WatchedRuns {
  const runs = inventory.runs({ kind: "numbered", ids });
  const requests = inventory.requestsOf(ids);
  const chunks = new Map(runs.map(({ id }) => [id, inventory.chunksOf(id)]));
  const isOpen = ({ state, batchStatus }: Chunk) => AT_PROVIDER.includes(state) && !TERMINAL.has(batchStatus ?? "");
  return {
    views: runs.map((run) => runView(run, { counts: requests.get(run.id), chunks: chunks.get(run.id) ?? [] }, now)),
    isRunning: runs.some(({ state }) => state === "running"),
    isAtWork: [...chunks.values()].some((some) => some.some(isOpen)),
  };
}

interface RunFacts {
  readonly counts: RequestCounts | undefined;
  readonly chunks: readonly Chunk[];
}

function runView(run: RunEntry, { counts, chunks }: RunFacts, now: number): ProgressView {
  const failed = Object.values(counts?.failed ?? {}).reduce((sum, count) => sum + count, 0);
  const open = chunks.filter(({ state }) => AT_PROVIDER.includes(state));
  const settled = chunks.filter(({ state }) => state === "settled").slice(-SETTLED_SHOWN);
  return {
    label: `run ${run.id}`,
    asked: chunks.reduce((sum, { requests }) => sum + requests, 0),
    answered: counts?.answered ?? 0,
    failed,
    tokens: chunks.reduce((sum, { tokens }) => sum + tokens, 0),
    elapsedMs: (open.length > 0 ? now : (run.endedAt ?? now)) - run.startedAt,
    batches: [...open, ...settled.toReversed()].map((chunk) => batchView(chunk, now)),
  };
}

function batchView({ name, batchId, state, batchStatus, requests, completed, failed, ...chunk }: Chunk, now: number) {
  const until = state === "settled" ? chunk.changedAt : now;
  const view: BatchView = {
    id: batchId ?? name,
    status: batchStatus ?? state,
    requests,
    done: completed,
    failed,
    tokens: chunk.tokens,
    ageMs: until - (chunk.submittedAt ?? chunk.createdAt),
  };
  return view;
}
