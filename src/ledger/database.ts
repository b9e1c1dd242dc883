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
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    // So that `gc` can give pages back bit by bit. It takes effect in a new database only.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    new Transactions(database).plain(() => migrate(database, path));
    return database;
  } catch (error) {
    if (error instanceof Error && error.name === "ConfigurationError") throw error;
    throw new OutputError("cannotCreate", `cannot open the ledger ${path}: ${messageOf(error)}`, {
      hint: "Give a directory on a local disk that can be written to with --state-dir.",
      cause: error,
    });
  }
}
