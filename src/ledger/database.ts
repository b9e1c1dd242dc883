import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf, OutputError } from "../core/errors.ts";
import { makeFolder } from "./folders.ts";
import { migrate } from "./migrations.ts";
import { Transactions } from "./transactions.ts";

/** How long a write waits for another process's transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/** The path of a ledger's database. */
export function databasePath(directory: string): string {
  return join(directory, "ledger.db");
}

/**
 * Opens the database of the ledger in a directory, and makes it and its folders if need be.
 *
 * @throws {OutputError} when that cannot be done
 */
export function openDatabase(directory: string): DatabaseSync {
  const path = databasePath(directory);
  try {
    for (const folder of ["chunks", "results", "runs"]) makeFolder(join(directory, folder));
    return unlessBusy(() => openOnce(path));
  } catch (error) {
    if (error instanceof Error && error.name === "ConfigurationError") throw error;
    throw new OutputError("cannotCreate", `cannot open the ledger ${path}: ${messageOf(error)}`, {
      hint: "Give a directory on a local disk that can be written to with --state-dir.",
      cause: error,
    });
  }
}

function openOnce(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // So that `gc` can give pages back bit by bit. It takes effect in a new database only.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    new Transactions(database).plain(() => migrate(database, path));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const SQLITE_BUSY = 5;
const PAUSE_MS = 20;

/**
 * Opens again while another process is making the database: who changes a new one to WAL is refused at once, whatever
 * the timeout, when another is at it (https://sqlite.org/wal.html).
 */
function unlessBusy(open: () => DatabaseSync): DatabaseSync {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return open();
    } catch (error) {
      const isBusy = error instanceof Error && "errcode" in error && Number(error.errcode) % 256 === SQLITE_BUSY;
      if (!isBusy || waitedMs >= BUSY_TIMEOUT_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
