import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { EXIT } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { Patience } from "../core/patience.ts";
import { removeStaleChunkFiles } from "../ledger/chunk-file.ts";
import { countLines } from "../ledger/count-lines.ts";
import type { Inventory } from "../ledger/inventory.ts";
import { RENEW_EVERY_MS } from "../ledger/lease.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import { resultFileNames } from "../ledger/result-files.ts";
import { CANCELLED_STATUS } from "../ledger/run-columns.ts";
import type { Provider } from "../providers/provider.ts";
import type { CancellationReport, CancelledBatch, CancelledRun } from "../report/cancellation.ts";
import { type CancelTarget, openChunksOf } from "./cancel-targets.ts";
import { EndingBatches } from "./ending-batches.ts";

export interface CancelHost {
  readonly ledger: Ledger;
  readonly inventory: Inventory;
  /** Undefined when nothing of the targets is at a provider. */
  readonly provider: Provider | undefined;
  /** Time between two looks at a batch, in milliseconds; the provider's own growing one when undefined. */
  readonly intervalMs: number | undefined;
  /** How long batches are waited for, in milliseconds; until they have ended when undefined. */
  readonly waitMs: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How the cancelling ended. It is not thrown, so that there is a report whatever happened. */
export interface CancelResult {
  /** 75 when not everything has ended and is collected. */
  readonly exitStatus: number;
  readonly report: CancellationReport;
  /** The first thing that went wrong; undefined when nothing did. */
  readonly error: unknown;
}

/**
 * Cancels batches, waits until they have ended, and brings their results to disk, so that the next run of the same
 * command takes what they finished and asks only for the rest. A batch that has completed meanwhile is collected all
 * the same. Killed at any point, it can be done again.
 *
 * @throws {UnfinishedError} when a living process works on one of the runs
 * @throws the signal's reason
 */
export async function cancel(targets: readonly CancelTarget[], host: CancelHost): Promise<CancelResult> {
  const held = holdAll(targets, host);
  const { ledger, clock, log, signal } = host;
  const batches = new EndingBatches({ ...host, patience: new Patience(clock, host.waitMs) });
  const renewal = setInterval(() => renewLeases(held, ledger, log), RENEW_EVERY_MS);
  try {
    await batches.end(held.flatMap(({ chunks }) => chunks));
  } finally {
    clearInterval(renewal);
  }
  const runs = [];
  for (const run of held) runs.push(await close(run, batches, host));
  signal.throwIfAborted();
  const isOpen = runs.some((run) => run.batches.some(({ outcome }) => outcome === "cancelling"));
  const exitStatus = isOpen ? EXIT.unfinished : EXIT.ok;
  return { exitStatus, report: { state_dir: ledger.directory, runs }, error: batches.firstError };
}

/** A run that nobody else works on meanwhile, and what of it is to end. */
interface HeldRun {
  readonly target: CancelTarget;
  readonly chunks: readonly Chunk[];
}

/** All or none. */
function holdAll(targets: readonly CancelTarget[], host: CancelHost): readonly HeldRun[] {
  const held: HeldRun[] = [];
  try {
    for (const target of targets) {
      host.ledger.holdRun(target.run.id);
      held.push({ target, chunks: [] });
    }
  } catch (error) {
    for (const { target } of held) letGo(target, host);
    throw error;
  }
  // What was idle is freed by now.
  return held.map(({ target }) => ({ target, chunks: openChunksOf(target, host.inventory) }));
}

function renewLeases(held: readonly HeldRun[], ledger: Ledger, log: Logger): void {
  try {
    for (const { target } of held) ledger.renewRun(target.run.id);
  } catch (error) {
    log.warn("the lease of a run could not be renewed", {
      event: "run.lease_not_renewed",
      error: String(error),
    });
  }
}

async function close(held: HeldRun, batches: EndingBatches, host: CancelHost): Promise<CancelledRun> {
  const { target, chunks } = held;
  const { id: run, label, state, summary } = target.run;
  const ends = await Promise.all(chunks.map((chunk) => describe(chunk, batches, host.ledger)));
  removeStaleChunkFiles(host.ledger, run);
  const isOver = ends.every(({ outcome }) => outcome === "collected" || outcome === "released");
  if (target.only === undefined && isOver) {
    const end = { exitStatus: CANCELLED_STATUS, isFinished: true };
    host.ledger.closeRun(run, summary === null ? end : { ...end, summary });
    return { run, label, state: "cancelled", batches: ends };
  }
  letGo(target, host);
  return { run, label, state: isFinished(state) ? "finished" : "unfinished", batches: ends };
}

/** Leaves a run as it was found. */
function letGo({ run: { id, state, exitStatus, summary } }: CancelTarget, { ledger }: CancelHost): void {
  const end = { exitStatus: exitStatus ?? EXIT.unfinished, isFinished: isFinished(state) };
  ledger.closeRun(id, summary === null ? end : { ...end, summary });
}

function isFinished(state: CancelTarget["run"]["state"]): boolean {
  return state === "finished" || state === "cancelled";
}

async function describe(chunk: Chunk, batches: EndingBatches, ledger: Ledger): Promise<CancelledBatch> {
  const { name, state, batchId, batchStatus, requests } = ledger.chunk(chunk.id);
  const error = batches.errorOf(chunk.id);
  const facts = { chunk: name, batch_id: batchId, batch_status: batchStatus, requests, answers: null, error: null };
  if (state === "fetched") {
    const path = join(ledger.directory, "results", resultFileNames(chunk).output);
    return { ...facts, outcome: "collected", answers: await countLines(path) };
  }
  if (state === "settled") return { ...facts, outcome: "released", answers: 0 };
  return error === undefined ? { ...facts, outcome: "cancelling" } : { ...facts, outcome: "failed", error };
}
