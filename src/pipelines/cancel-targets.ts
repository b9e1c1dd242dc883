import { UnfinishedError, UsageError } from "../core/errors.ts";
import { AT_PROVIDER, type Inventory, type RunEntry } from "../ledger/inventory.ts";
import type { Chunk } from "../ledger/ledger.ts";
import { printable } from "../report/plain-text.ts";

/** What is to be cancelled of a run. */
export interface CancelTarget {
  readonly run: RunEntry;
  /** Names of chunks; undefined for the whole run. */
  readonly only: ReadonlySet<string> | undefined;
}

export interface CancelSelection {
  /** Numbers of runs, ids of batches, names of chunks. */
  readonly words: readonly string[];
  /** Every run that there is anything to cancel of. */
  readonly all: boolean;
}

/**
 * Finds what is to be cancelled. Without words it is the one run that there is anything to cancel of.
 *
 * @throws {UsageError} for a word that names nothing, and when it is not clear which run is meant
 * @throws {UnfinishedError} when a living process works on one of the runs
 */
export function selectTargets({ words, all }: CancelSelection, inventory: Inventory): readonly CancelTarget[] {
  if (all && words.length > 0) throw new UsageError(`--all takes no ${JSON.stringify(words[0])}`);
  const targets = words.length > 0 ? namedTargets(words, inventory) : openTargets(inventory);
  if (words.length === 0 && !all && targets.length > 1) throw ambiguous(targets);
  for (const { run } of targets) refuseRunning(run);
  return targets;
}

function namedTargets(words: readonly string[], inventory: Inventory): readonly CancelTarget[] {
  const targets = new Map<number, CancelTarget>();
  for (const word of words) {
    const target = /^\d+$/.test(word) ? runTarget(Number(word), inventory) : batchTarget(word, inventory);
    const known = targets.get(target.run.id);
    targets.set(target.run.id, known === undefined ? target : { ...target, only: union(known.only, target.only) });
  }
  return [...targets.values()];
}

/** The chunks of a target that are not over, oldest first. */
export function openChunksOf({ run, only }: CancelTarget, inventory: Inventory): readonly Chunk[] {
  const isMeant = ({ name, state }: Chunk) => state !== "settled" && (only === undefined || only.has(name));
  return inventory.chunksOf(run.id).filter(isMeant);
}

/** Those of them that take a provider to cancel. */
export function chunksAtProvider(target: CancelTarget, inventory: Inventory): readonly Chunk[] {
  return openChunksOf(target, inventory).filter(({ state }) => AT_PROVIDER.includes(state));
}

/** The whole run goes before any part of it. */
function union(a: CancelTarget["only"], b: CancelTarget["only"]): CancelTarget["only"] {
  return a === undefined || b === undefined ? undefined : a.union(b);
}

/** Runs that are unfinished, or were halted and have batches in flight. */
function openTargets(inventory: Inventory): readonly CancelTarget[] {
  const runs = inventory.runs({ kind: "current", since: Number.MAX_SAFE_INTEGER });
  return runs.toReversed().map((run) => ({ run, only: undefined }));
}

function runTarget(id: number, inventory: Inventory): CancelTarget {
  const [run] = inventory.runs({ kind: "numbered", ids: [id] });
  if (run === undefined)
    throw new UsageError(`there is no run ${id}`, { hint: "bg-pipe status --all lists the runs." });
  return { run, only: undefined };
}

function batchTarget(word: string, inventory: Inventory): CancelTarget {
  const chunk = inventory.findChunk(word);
  if (chunk === undefined) {
    throw new UsageError(`the ledger knows no run, batch or chunk ${JSON.stringify(word)}`, {
      hint: "bg-pipe status lists the runs and their batches.",
    });
  }
  refuseOver(word, chunk);
  return { ...runTarget(chunk.runId, inventory), only: new Set([chunk.name]) };
}

function refuseOver(word: string, { state, batchStatus, runId }: Chunk): void {
  if (state !== "settled" && state !== "fetched") return;
  throw new UsageError(`${word} is over (${batchStatus ?? state}); there is nothing to cancel`, {
    hint: `bg-pipe status ${runId} shows what became of it.`,
  });
}

function refuseRunning({ id, process }: RunEntry): void {
  if (process === null) return;
  const place = process.host === null ? "" : ` on ${process.host}`;
  throw new UnfinishedError(`process ${process.pid}${place} is at work on run ${id}`, {
    hint: `Stop it first: kill -INT ${process.pid} leaves its batches as they are. Then cancel.`,
  });
}

function ambiguous(targets: readonly CancelTarget[]): UsageError {
  const lines = targets.map(({ run: { id, label } }) => `\n  ${id}  ${printable(label)}`);
  return new UsageError("there are several runs to cancel; which one?", {
    hint: `bg-pipe cancel RUN, or --all:${lines.join("")}`,
  });
}
