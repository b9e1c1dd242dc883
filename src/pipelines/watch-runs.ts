import { AT_PROVIDER, type Inventory, type RequestCounts, type RunEntry } from "../ledger/inventory.ts";
import type { Chunk } from "../ledger/ledger.ts";
import type { RunCosts } from "../ledger/run-costs.ts";
import { costAtEnd } from "../report/progress/cost-at-end.ts";
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
  const costs = inventory.costsOf(ids);
  const chunks = new Map(runs.map(({ id }) => [id, inventory.chunksOf(id)]));
  const isOpen = ({ state, batchStatus }: Chunk) => AT_PROVIDER.includes(state) && !TERMINAL.has(batchStatus ?? "");
  return {
    views: runs.map((run) => {
      const facts = { counts: requests.get(run.id), costs: costs.get(run.id), chunks: chunks.get(run.id) ?? [] };
      return runView(run, facts, now);
    }),
    isRunning: runs.some(({ state }) => state === "running"),
    isAtWork: [...chunks.values()].some((some) => some.some(isOpen)),
  };
}

interface RunFacts {
  readonly counts: RequestCounts | undefined;
  readonly costs: RunCosts | undefined;
  readonly chunks: readonly Chunk[];
}

function runView(run: RunEntry, { counts, costs, chunks }: RunFacts, now: number): ProgressView {
  const failed = Object.values(counts?.failed ?? {}).reduce((sum, count) => sum + count, 0);
  const open = chunks.filter(({ state }) => AT_PROVIDER.includes(state));
  const settled = chunks.filter(({ state }) => state === "settled").slice(-SETTLED_SHOWN);
  return {
    label: `run ${run.id}`,
    asked: chunks.reduce((sum, { requests }) => sum + requests, 0),
    answered: counts?.answered ?? 0,
    failed,
    tokens: chunks.reduce((sum, { tokens }) => sum + tokens, 0),
    ...costView(run, costs),
    ...remaining(run, open, now),
    elapsedMs: (open.length > 0 ? now : (run.endedAt ?? now)) - run.startedAt,
    batches: [...open, ...settled.toReversed()].map((chunk) => batchView(chunk, now)),
  };
}

/** While a process reads on, the ledger cannot tell how much is to come: there is no end to look ahead to. */
function costView({ state }: RunEntry, costs: RunCosts | undefined): Pick<ProgressView, "cost" | "costExpected"> {
  if (costs?.isPriced !== true) return {};
  if (state === "running") return { cost: costs.billed };
  return { cost: costs.billed, costExpected: BigInt(Math.round(costAtEnd(costs))) };
}

/** Until the batches at the provider are done, at their pace so far. */
function remaining({ state }: RunEntry, open: readonly Chunk[], now: number): Pick<ProgressView, "remainingMs"> {
  const begun = open.reduce((first, { submittedAt }) => Math.min(first, submittedAt ?? now), now);
  const all = open.reduce((sum, { requests }) => sum + requests, 0);
  const done = open.reduce((sum, { completed, failed }) => sum + completed + failed, 0);
  return state === "running" || done === 0 || done >= all ? {} : { remainingMs: ((now - begun) * (all - done)) / done };
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
