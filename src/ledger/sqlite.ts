import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf, OutputError } from "../core/errors.ts";
import { Chunks } from "./chunks.ts";
import type { LedgerSettings } from "./index.ts";
import type { Ledger } from "./ledger.ts";
import { migrate } from "./migrations.ts";
import { Requests } from "./requests.ts";
import { Runs } from "./runs.ts";
import { Transactions } from "./transactions.ts";

/** How long a write waits for another process's transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens the ledger in a directory, making it if need be.
 *
 * `node:sqlite` in WAL mode: one file, no service, readers do not wait for the writer. It must lie on a local disk.
 *
 * @throws {OutputError} when the directory or the database cannot be made
 */
export function openSqliteLedger({ directory, clock }: LedgerSettings): Ledger {
  const database = openDatabase(directory);
  const transactions = new Transactions(database);
  const chunks = new Chunks(database, transactions, clock);
  const runs = new Runs(database, { transactions, chunks, clock });
  const requests = new Requests(database, { transactions, runs, chunks, clock });
  return {
    directory,
    openRun: (run) => runs.open(run),
    renewRun: (id) => runs.renew(id),
    closeRun: (id, exitStatus, isFinished) => runs.close(id, exitStatus, isFinished),
    claim: (keys, run) => requests.claim(keys, run),
    wouldClaim: (keys, run) => requests.wouldClaim(keys, run),
    outcomes: (keys, run) => requests.outcomes(keys, run),
    seal: (chunk, lines) => chunks.seal(chunk, lines),
    chunk: (id) => chunks.get(id),
    findChunk: (name) => chunks.find(name),
    advance: (id, to, learned) => chunks.advance(id, to, learned),
    record: (chunkId, outcomes, retries) => requests.record(chunkId, outcomes, retries),
    settle: (chunkId, leftover) => chunks.settle(chunkId, leftover),
    unasked: (chunkId, afterOffset, limit) => requests.unasked(chunkId, afterOffset, limit),
    isChunkFileNeeded: (chunkId) => chunks.isFileNeeded(chunkId),
    addResultFile: (name, chunkId) => chunks.addResultFile(name, chunkId),
    resultFile: (id) => chunks.resultFile(id),
    close: () => database.close(),
  };
}

function openDatabase(directory: string): DatabaseSync {
  const path = join(directory, "ledger.db");
  try {
    for (const folder of ["chunks", "results", "runs"]) mkdirSync(join(directory, folder), { recursive: true });
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    new Transactions(database).durable(() => migrate(database, path));
    return database;
  } catch (error) {
    if (error instanceof Error && error.name === "ConfigurationError") throw error;
    throw new OutputError("cannotCreate", `cannot open the ledger ${path}: ${messageOf(error)}`, {
      hint: "Give a directory on a local disk that can be written to with --state-dir.",
      cause: error,
    });
  }
}
