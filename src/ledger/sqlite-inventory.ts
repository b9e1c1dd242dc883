import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { chunkOf } from "./chunk-columns.ts";
import { type Columns, numberIn, optionalNumberIn, optionalTextIn, textIn } from "./columns.ts";
import { databasePath } from "./database.ts";
import { bytesOf } from "./disk-use.ts";
import type { LedgerSettings } from "./index.ts";
import {
  AT_PROVIDER,
  type ChunkOutcomes,
  type DiskUse,
  type Inventory,
  type RequestCounts,
  type RunEntry,
  type RunSelection,
} from "./inventory.ts";
import { ownIdentity } from "./lease.ts";
import { CHUNK_STATES, type Chunk } from "./ledger.ts";
import { openToRead } from "./read-only.ts";
import { countsByRun, REQUEST_COUNTS } from "./request-counts.ts";
import { holderOf, runStateOf } from "./run-columns.ts";
import { costsByRun, RUN_COSTS, type RunCosts } from "./run-costs.ts";

/** Opens a ledger to be looked at; see {@link openToRead}. */
export function readSqliteInventory(settings: LedgerSettings, update: () => void): Inventory | undefined {
  const database = openToRead(settings, update);
  return database && new SqliteInventory(database, settings);
}

const IN_LIST = "IN (SELECT value FROM json_each(?))";

class SqliteInventory implements Inventory {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, { directory, clock }: LedgerSettings) {
    this.#database = database;
    this.#directory = directory;
    this.#clock = clock;
  }

  runs(which: RunSelection): readonly RunEntry[] {
    const rows = this.#selected(which);
    const chunks = this.#chunkCounts(rows.map((columns) => numberIn(columns, "id")));
    return rows.map((columns) => entryOf(columns, chunks, this.#clock.now()));
  }

  chunksOf(runId: number): readonly Chunk[] {
    return this.#all("SELECT * FROM chunks WHERE run = ? ORDER BY id", runId).map(chunkOf);
  }

  openChunks(): readonly Chunk[] {
    return this.#all("SELECT * FROM chunks WHERE state <> 'settled' ORDER BY id").map(chunkOf);
  }

  uncleaned(): ReadonlyMap<string, number> {
    const sql = `SELECT provider, COUNT(*) AS count FROM chunks
      WHERE state = 'settled' AND cleaned_at IS NULL AND file_id IS NOT NULL GROUP BY provider`;
    return new Map(this.#all(sql).map((columns) => [textIn(columns, "provider"), numberIn(columns, "count")]));
  }

  findChunk(nameOrBatchId: string): Chunk | undefined {
    const sql = "SELECT * FROM chunks WHERE name = ?1 OR batch_id = ?1 ORDER BY id DESC LIMIT 1";
    return this.#all(sql, nameOrBatchId).map(chunkOf)[0];
  }

  requestsOf(runIds: readonly number[]): ReadonlyMap<number, RequestCounts> {
    return countsByRun(runIds, this.#all(REQUEST_COUNTS, JSON.stringify(runIds)));
  }

  outcomesByChunk(runId: number): ReadonlyMap<number, ChunkOutcomes> {
    const sql = `SELECT chunk, SUM(state = 'answered') AS answered, SUM(state = 'failed') AS failed FROM requests
      WHERE run = ? AND state IN ('answered', 'failed') GROUP BY chunk`;
    const entryFor = (columns: Columns) =>
      [
        numberIn(columns, "chunk"),
        { answered: numberIn(columns, "answered"), failed: numberIn(columns, "failed") },
      ] as const;
    return new Map(this.#all(sql, runId).map(entryFor));
  }

  costsOf(runIds: readonly number[]): ReadonlyMap<number, RunCosts> {
    return costsByRun(this.#all(RUN_COSTS, JSON.stringify(runIds)));
  }

  answers(): number {
    // One that was refused for want of budget may hold an older answer.
    const sql = `SELECT COUNT(*) AS count FROM requests
      WHERE result_file IS NOT NULL AND (state <> 'failed' OR code = 'budget_exceeded')`;
    return this.#all(sql).reduce((sum, columns) => sum + numberIn(columns, "count"), 0);
  }

  disk(): DiskUse {
    const path = databasePath(this.#directory);
    const database = [path, `${path}-wal`, `${path}-shm`].reduce((sum, file) => sum + bytesOf(file), 0);
    const [chunks = 0, results = 0, spools = 0] = ["chunks", "results", "runs"].map((folder) =>
      bytesOf(join(this.#directory, folder)),
    );
    return { database, chunks, results, spools };
  }

  close(): void {
    this.#database.close();
  }

  #selected(which: RunSelection): readonly Columns[] {
    if (which.kind === "all") return this.#all("SELECT * FROM runs ORDER BY id DESC");
    if (which.kind === "numbered") {
      return this.#all(`SELECT * FROM runs WHERE id ${IN_LIST} ORDER BY id DESC`, JSON.stringify(which.ids));
    }
    return this.#all(
      `SELECT * FROM runs WHERE is_finished = 0 OR COALESCE(ended_at, renewed_at) >= ?
       OR id IN (SELECT run FROM chunks WHERE state <> 'settled' AND state ${IN_LIST}) ORDER BY id DESC`,
      which.since,
      JSON.stringify(AT_PROVIDER),
    );
  }

  /** By `run/state`. */
  #chunkCounts(runIds: readonly number[]): ReadonlyMap<string, number> {
    const sql = `SELECT run, state, COUNT(*) AS count FROM chunks WHERE run ${IN_LIST} GROUP BY run, state`;
    const rows = this.#all(sql, JSON.stringify(runIds));
    const keyOf = (columns: Columns) => `${numberIn(columns, "run")}/${textIn(columns, "state")}`;
    return new Map(rows.map((columns) => [keyOf(columns), numberIn(columns, "count")]));
  }

  #all(sql: string, ...parameters: readonly (string | number)[]): readonly Columns[] {
    return this.#database.prepare(sql).all(...parameters);
  }
}

function entryOf(columns: Columns, chunks: ReadonlyMap<string, number>, now: number): RunEntry {
  const id = numberIn(columns, "id");
  const state = runStateOf(columns, now);
  const { pid, host } = holderOf(columns);
  const elsewhere = host === ownIdentity().host ? null : (host.split("/")[0] ?? host);
  const counts = CHUNK_STATES.map((name) => [name, chunks.get(`${id}/${name}`) ?? 0] as const);
  return {
    id,
    pipeline: textIn(columns, "pipeline"),
    label: textIn(columns, "label"),
    state,
    process: state === "running" ? { pid, host: elsewhere } : null,
    exitStatus: optionalNumberIn(columns, "exit_status"),
    startedAt: numberIn(columns, "started_at"),
    seenAt: numberIn(columns, "renewed_at"),
    endedAt: optionalNumberIn(columns, "ended_at"),
    summary: optionalTextIn(columns, "summary"),
    chunks: Object.fromEntries(counts) as RunEntry["chunks"],
  };
}
