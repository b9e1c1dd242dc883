import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { BgPipeError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { bytesOf } from "../ledger/disk-use.ts";
import { findGarbage, type GarbageKind, removeGarbage } from "../ledger/garbage-files.ts";
import type { Inventory } from "../ledger/inventory.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { NOTHING, type PrunedRequests, type Pruner } from "../ledger/pruner.ts";
import type { Provider } from "../providers/provider.ts";
import type { FileCount, GarbageReport } from "../report/garbage.ts";
import { cleanRemote } from "../stages/clean.ts";

export interface GarbageSettings {
  readonly stateDir: string;
  /** Seconds: what was settled longer ago is pruned. Nothing is when undefined. */
  readonly olderThan?: number;
  /** Only says what would be deleted. */
  readonly dryRun: boolean;
}

export interface GarbageHost {
  readonly inventory: Inventory;
  readonly pruner: Pruner;
  /** Deletes files there, too. */
  readonly remote: { readonly provider: Provider; readonly ledger: Ledger } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** So that a run that wants to begin gets its turn. */
const PAUSE_MS = 5;
const FILES_AT_A_TIME = 20;
const NAMES_AT_A_TIME = 500;

/**
 * Deletes from a ledger what nobody can miss, and with `olderThan` also what was settled long ago. May be stopped at
 * any point, and run beside anything: answers go only while no run is at work, since a run may have looked them up.
 *
 * @throws the signal's reason
 */
export function collectGarbage(settings: GarbageSettings, host: GarbageHost): Promise<GarbageReport> {
  return new GarbageCollection(settings, host).run();
}

/** The report on a ledger that is not there. */
export function noGarbage({ stateDir, dryRun }: GarbageSettings): GarbageReport {
  return {
    state_dir: stateDir,
    exists: false,
    dry_run: dryRun,
    settled_before: null,
    files: { spools: NO_FILES, request_files: NO_FILES, partial_downloads: NO_FILES, result_files: NO_FILES },
    rows: { answers: 0, failures: 0, unanswered: 0, chunks: 0, runs: 0 },
    remote: null,
    left_at_providers: {},
    database_bytes: { before: 0, after: 0 },
    held_back_by: null,
  };
}

class GarbageCollection {
  readonly #settings: GarbageSettings;
  readonly #host: GarbageHost;
  readonly #cutoff: number;
  #heldBackBy: GarbageReport["held_back_by"] = null;

  constructor(settings: GarbageSettings, host: GarbageHost) {
    const { olderThan } = settings;
    this.#settings = settings;
    this.#host = host;
    this.#cutoff = olderThan === undefined ? NOTHING : host.clock.now() - olderThan * 1000;
  }

  async run(): Promise<GarbageReport> {
    const { pruner, inventory } = this.#host;
    const { dryRun, stateDir } = this.#settings;
    const before = pruner.size();
    // In this order: what goes later is what nothing refers to any more.
    const requests = await this.#pruneRequests();
    const resultFiles = await this.#forgetResultFiles();
    const files = await this.#deleteFiles(resultFiles);
    const remote = await this.#cleanRemote();
    const records = await this.#pruneRecords();
    if (!dryRun) await this.#compact();
    return {
      state_dir: stateDir,
      exists: true,
      dry_run: dryRun,
      settled_before: this.#cutoff === NOTHING ? null : new Date(this.#cutoff).toISOString(),
      files,
      rows: { ...requests, ...records },
      remote,
      left_at_providers: Object.fromEntries(inventory.uncleaned()),
      database_bytes: { before, after: pruner.size() },
      held_back_by: this.#heldBackBy,
    };
  }

  async #pruneRequests(): Promise<PrunedRequests> {
    const { pruner } = this.#host;
    let total: PrunedRequests = { answers: 0, failures: 0, unanswered: 0 };
    if (this.#cutoff === NOTHING) return total;
    if (this.#settings.dryRun) return this.#isHeldBack() ? total : pruner.countRequests(this.#cutoff);
    for (let after: string | undefined = ""; after !== undefined; await this.#pause()) {
      const slice = pruner.pruneRequests(this.#cutoff, after);
      if (slice !== undefined) {
        total = sumOf(total, slice);
        after = slice.last;
      } else if (this.#isHeldBack()) return total;
    }
    pruner.endAbandonedChunks(this.#cutoff);
    return total;
  }

  /** @returns what was taken off the records, or would be: its files are still there */
  async #forgetResultFiles(): Promise<readonly string[]> {
    const { pruner } = this.#host;
    const names = pruner.idleResultFiles(this.#cutoff);
    if (names.length === 0 || this.#isHeldBack()) return [];
    if (this.#settings.dryRun) return names;
    for (let from = 0; from < names.length; from += NAMES_AT_A_TIME) {
      if (!pruner.forgetResultFiles(names.slice(from, from + NAMES_AT_A_TIME)) && this.#isHeldBack()) break;
      await this.#pause();
    }
    return [];
  }

  /** @param forgotten Names of result files that a dry run would have taken off the records. */
  async #deleteFiles(forgotten: readonly string[]): Promise<GarbageReport["files"]> {
    const { pruner } = this.#host;
    const { stateDir: directory, dryRun } = this.#settings;
    const counts = new Map<GarbageKind, FileCount>();
    let looked = 0;
    for (const file of findGarbage({ directory, pruner, cutoff: this.#cutoff })) {
      const isGone = dryRun ? pruner.whileFree(file.run, () => {}) : removeGarbage(file, pruner);
      // A run that ends well leaves its folder, empty: not worth a word.
      const isEmptyFolder = file.kind === "spools" && file.bytes === 0;
      if (isGone && !isEmptyFolder) counts.set(file.kind, plus(counts.get(file.kind), file.bytes));
      if (++looked % FILES_AT_A_TIME === 0) await this.#pause();
    }
    for (const name of forgotten) {
      counts.set("result_files", plus(counts.get("result_files"), bytesOf(join(directory, "results", name))));
    }
    const of = (kind: GarbageKind) => counts.get(kind) ?? NO_FILES;
    return {
      spools: of("spools"),
      request_files: of("request_files"),
      partial_downloads: of("partial_downloads"),
      result_files: of("result_files"),
    };
  }

  async #cleanRemote(): Promise<GarbageReport["remote"]> {
    const { remote, log, signal } = this.#host;
    if (remote === undefined) return null;
    const { provider, ledger } = remote;
    const chunks = ledger.uncleaned(provider.identity, Number.MAX_SAFE_INTEGER);
    if (this.#settings.dryRun) return { deleted: chunks.length, failed: 0 };
    let deleted = 0;
    for (const chunk of chunks) {
      await cleanRemote(chunk, { ledger, provider, keepRemote: false, log, signal });
      if (ledger.chunk(chunk.id).cleanedAt !== null) deleted++;
    }
    return { deleted, failed: chunks.length - deleted };
  }

  async #pruneRecords(): Promise<{ readonly chunks: number; readonly runs: number }> {
    const { pruner } = this.#host;
    const nothing = { chunks: 0, runs: 0 };
    if (this.#cutoff === NOTHING || this.#isHeldBack()) return nothing;
    const records = pruner.idleRecords(this.#cutoff);
    if (!this.#settings.dryRun && !pruner.forgetRecords(records)) return nothing;
    return { chunks: records.chunks.length, runs: records.runs.length };
  }

  async #compact(): Promise<void> {
    const { pruner, log } = this.#host;
    try {
      while (pruner.compact()) await this.#pause();
    } catch (error) {
      if (error instanceof BgPipeError) throw error;
      log.warn("the database could not be made smaller; its free pages will be used again", { error: String(error) });
    }
  }

  #isHeldBack(): boolean {
    const live = this.#host.pruner.liveRun();
    if (live !== undefined) this.#heldBackBy = { run: live.id, pid: live.pid };
    return this.#heldBackBy !== null;
  }

  async #pause(): Promise<void> {
    const { clock, signal } = this.#host;
    await clock.sleep(PAUSE_MS, signal);
  }
}

const NO_FILES: FileCount = { count: 0, bytes: 0 };

function plus({ count, bytes } = NO_FILES, moreBytes: number): FileCount {
  return { count: count + 1, bytes: bytes + moreBytes };
}

function sumOf(a: PrunedRequests, b: PrunedRequests): PrunedRequests {
  return {
    answers: a.answers + b.answers,
    failures: a.failures + b.failures,
    unanswered: a.unanswered + b.unanswered,
  };
}
