import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { bytesOf } from "./disk-use.ts";
import type { Pruner } from "./pruner.ts";

/** What kind of file nobody needs any more. */
export type GarbageKind = "spools" | "request_files" | "partial_downloads" | "result_files";

export interface GarbageFile {
  readonly kind: GarbageKind;
  readonly path: string;
  readonly bytes: number;
  /** The run that it belongs to, or did. */
  readonly run: number;
}

/** Where the files lie, and who knows about them. */
export interface GarbageSources {
  readonly directory: string;
  readonly pruner: Pruner;
  /** See {@link Pruner}. */
  readonly cutoff: number;
}

const REQUEST_FILE = /^(r(\d+)-.+)\.jsonl$/;
const RESULT_FILE = /^((r(\d+)-.+)\.(?:output|errors)\.jsonl)(\.part)?$/;
/** Also one that a killed `gc` was about to delete. */
const SPOOL = /^(\d+)(?:\.gone-[0-9a-f]+)*$/;

/**
 * Files of a ledger that nobody needs: by what is recorded, and whatever a living process may be at work on is left to
 * {@link removeGarbage}. Files that bg-pipe does not name so are left alone.
 */
export function* findGarbage(sources: GarbageSources): Generator<GarbageFile> {
  yield* spools(sources);
  yield* requestFiles(sources);
  yield* resultFiles(sources);
}

/** Deletes a file that {@link findGarbage} has found, unless its run is at work. @returns whether it did */
export function removeGarbage({ kind, path, run }: GarbageFile, pruner: Pruner): boolean {
  if (kind !== "spools") return pruner.whileFree(run, () => remove(path));
  // A spool may be large, and nobody shall be kept waiting while it is deleted.
  const gone = `${path}.gone-${randomBytes(4).toString("hex")}`;
  const isFree = pruner.whileFree(run, () => existsSync(path) && renameSync(path, gone));
  if (isFree) remove(gone);
  return isFree;
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function* spools({ directory }: GarbageSources): Generator<GarbageFile> {
  for (const path of filesIn(directory, "runs")) {
    const [, run] = SPOOL.exec(basename(path)) ?? [];
    if (run !== undefined) yield { kind: "spools", path, bytes: bytesOf(path), run: Number(run) };
  }
}

function* requestFiles({ directory, pruner, cutoff }: GarbageSources): Generator<GarbageFile> {
  for (const path of filesIn(directory, "chunks")) {
    const [, chunk, run] = REQUEST_FILE.exec(basename(path)) ?? [];
    if (chunk === undefined) continue;
    const facts = pruner.chunkFacts(chunk, cutoff);
    const isNeeded = facts !== undefined && (!facts.isOver || facts.isOpen);
    if (!isNeeded) yield { kind: "request_files", path, bytes: bytesOf(path), run: facts?.run ?? Number(run) };
  }
}

function* resultFiles({ directory, pruner, cutoff }: GarbageSources): Generator<GarbageFile> {
  for (const path of filesIn(directory, "results")) {
    const [, name, chunk, run, part] = RESULT_FILE.exec(basename(path)) ?? [];
    if (name === undefined || chunk === undefined) continue;
    const facts = pruner.chunkFacts(chunk, cutoff);
    const isPartial = part !== undefined;
    const isNeeded = !isPartial && (facts?.isOver === false || pruner.isResultFileRecorded(name));
    if (isNeeded) continue;
    const kind = isPartial ? "partial_downloads" : "result_files";
    yield { kind, path, bytes: bytesOf(path), run: facts?.run ?? Number(run) };
  }
}

function filesIn(directory: string, folder: string): readonly string[] {
  return readdirSync(join(directory, folder)).map((name) => join(directory, folder, name));
}
