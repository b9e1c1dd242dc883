import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { type Columns, numberIn, textIn } from "./columns.ts";
import type { LedgerSettings } from "./index.ts";
import * as sql from "./prune-sql.ts";
import type { ChunkFacts, IdleRecords, LiveRun, PrunedRequests, PrunedSlice, Pruner } from "./pruner.ts";
import { holderOf, isHeld } from "./run-columns.ts";
import { Transactions } from "./transactions.ts";

/** Rows looked at in one transaction. Measured: some 150 ms when most of them go; with 2,000 it takes twice as long in all. */
const SLICE_ROWS = 10_000;
/** Pages given back in one transaction. */
const SLICE_PAGES = 1_000;
/** The least share of unused pages for which a database that cannot give them back bit by bit is written anew. */
const LEAST_UNUSED_SHARE = 0.1;
/** A batch counts for its hour, and for a day's limits; what is younger than this is left whatever the cutoff. */
const RECENT_MS = 26 * 3_600_000;

const IDS = "(SELECT value FROM json_each(:ids))";

/** Tidies the tables of a ledger in SQLite. */
export class SqlitePruner implements Pruner {
  readonly #database: DatabaseSync;
  readonly #transactions: Transactions;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, { clock }: Pick<LedgerSettings, "clock">) {
    this.#database = database;
    this.#transactions = new Transactions(database);
    this.#clock = clock;
    // A file may be deleted only when it is on the disk that no row refers to it. What refers to what is looked at
    // here, without an index that would cost every run its share.
    database.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF");
  }

  liveRun(): LiveRun | undefined {
    const now = this.#clock.now();
    const live = this.#all("SELECT * FROM runs WHERE ended_at IS NULL").find((columns) => isHeld(columns, now));
    return live && { id: numberIn(live, "id"), pid: holderOf(live).pid };
  }

  countRequests(cutoff: number): PrunedRequests {
    const rows = this.#all(sql.COUNT_REQUESTS, { cutoff });
    const counts = new Map(rows.map((columns) => [textIn(columns, "kind"), numberIn(columns, "count")]));
    return prunedRequests((kind) => counts.get(kind) ?? 0);
  }

  pruneRequests(cutoff: number, after: string): PrunedSlice | undefined {
    return this.#whileQuiet(() => {
      const end = this.#all(sql.SLICE_END, { after, size: SLICE_ROWS })[0];
      const last = end === undefined ? undefined : textIn(end, "key");
      const kinds = this.#all(sql.DELETE_SLICE, { cutoff, after, last: last ?? null }).map(({ kind }) => kind);
      return { ...prunedRequests((kind) => kinds.filter((one) => one === kind).length), last };
    });
  }

  endAbandonedChunks(cutoff: number): void {
    this.#whileQuiet(() => {
      const ids = JSON.stringify(this.#ids(sql.ABANDONED_CHUNKS, { cutoff }));
      this.#all(`UPDATE chunks SET state = 'settled' WHERE id IN ${IDS}`, { ids });
      // What they cost was never read: it is not told, rather than told as nothing.
      this.#all(`UPDATE accounts SET told_at = :now WHERE chunk IN ${IDS}`, { ids, now: this.#clock.now() });
    });
  }

  idleResultFiles(cutoff: number): readonly string[] {
    return this.#all(sql.IDLE_RESULT_FILES, { cutoff }).map((columns) => textIn(columns, "name"));
  }

  forgetResultFiles(names: readonly string[]): boolean {
    const isDone = this.#whileQuiet(() => {
      this.#all("DELETE FROM result_files WHERE name IN (SELECT value FROM json_each(:names))", {
        names: JSON.stringify(names),
      });
      return true;
    });
    return isDone ?? false;
  }

  idleRecords(cutoff: number): IdleRecords {
    const before = Math.min(cutoff, this.#clock.now() - RECENT_MS);
    const chunks = this.#ids(sql.IDLE_CHUNKS, { cutoff, before });
    return { chunks, runs: this.#ids(sql.IDLE_RUNS, { cutoff, before, chunks: JSON.stringify(chunks) }) };
  }

  forgetRecords({ chunks, runs }: IdleRecords): boolean {
    const isDone = this.#whileQuiet(() => {
      const ofChunks = { ids: JSON.stringify(chunks) };
      this.#all(`DELETE FROM chunks WHERE id IN ${IDS} AND id NOT IN (SELECT chunk FROM result_files)`, ofChunks);
      for (const table of ["reasks", "accounts"]) {
        this.#all(`DELETE FROM ${table} WHERE chunk IN ${IDS} AND chunk NOT IN (SELECT id FROM chunks)`, ofChunks);
      }
      const ofRuns = { ids: JSON.stringify(runs) };
      this.#all(`DELETE FROM runs WHERE id IN ${IDS} AND id NOT IN (SELECT run FROM chunks)`, ofRuns);
      this.#all(`DELETE FROM probes WHERE run IN ${IDS} AND run NOT IN (SELECT id FROM runs)`, ofRuns);
      this.#all(`DELETE FROM probe_answers WHERE run IN ${IDS} AND run NOT IN (SELECT run FROM probes)`, ofRuns);
      return true;
    });
    return isDone ?? false;
  }

  chunkFacts(name: string, cutoff: number): ChunkFacts | undefined {
    const columns = this.#all(sql.CHUNK_FACTS, { name, cutoff })[0];
    if (columns === undefined) return undefined;
    const [isOver, isOpen] = [numberIn(columns, "is_over") === 1, numberIn(columns, "is_open") === 1];
    return { run: numberIn(columns, "run"), isOver, isOpen };
  }

  isResultFileRecorded(name: string): boolean {
    return this.#all("SELECT 1 FROM result_files WHERE name = :name", { name }).length > 0;
  }

  whileFree(runId: number, work: () => void): boolean {
    return this.#transactions.plain(() => {
      const run = this.#all("SELECT * FROM runs WHERE id = :runId", { runId })[0];
      if (run !== undefined && isHeld(run, this.#clock.now())) return false;
      work();
      return true;
    });
  }

  size(): number {
    return this.#pragma("page_count") * this.#pragma("page_size");
  }

  compact(): boolean {
    const unused = this.#pragma("freelist_count");
    const isIncremental = this.#pragma("auto_vacuum") === 2;
    if (unused > 0 && isIncremental) this.#database.exec(`PRAGMA incremental_vacuum(${SLICE_PAGES})`);
    else if (unused > LEAST_UNUSED_SHARE * this.#pragma("page_count")) this.#writeAnew();
    if (isIncremental && unused > SLICE_PAGES) return true;
    this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    return false;
  }

  close(): void {
    this.#database.close();
  }

  /** Whoever wants to write waits meanwhile: some seconds for a million requests. */
  #writeAnew(): void {
    if (this.liveRun() === undefined) this.#database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  }

  /** In a transaction, so that no run begins meanwhile. @returns undefined when one is live */
  #whileQuiet<T>(work: () => T): T | undefined {
    return this.#transactions.plain(() => (this.liveRun() === undefined ? work() : undefined));
  }

  #pragma(name: string): number {
    return numberIn(this.#all(`PRAGMA ${name}`)[0] ?? {}, name);
  }

  #ids(text: string, parameters: Record<string, SQLInputValue>): readonly number[] {
    return this.#all(text, parameters).map((columns) => numberIn(columns, "id"));
  }

  #all(text: string, parameters: Record<string, SQLInputValue> = {}): readonly Columns[] {
    return this.#database.prepare(text).all(parameters);
  }
}

function prunedRequests(count: (kind: string) => number): PrunedRequests {
  return { answers: count("answers"), failures: count("failures"), unanswered: count("unanswered") };
}
