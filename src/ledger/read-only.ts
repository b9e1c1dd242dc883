import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { messageOf, OutputError } from "../core/errors.ts";
import { databasePath } from "./database.ts";
import type { LedgerSettings } from "./index.ts";
import { LEDGER_VERSION, migrate } from "./migrations.ts";

/** Readers of a database in WAL mode wait for nobody, but for one who is just making or recovering it. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens a ledger's database to be read.
 *
 * @param update Brings a ledger that an older bg-pipe has written up to date.
 * @returns undefined when there is none
 * @throws {ConfigurationError} when a newer bg-pipe has written it
 * @throws {OutputError} when it cannot be read
 */
export function openToRead({ directory }: LedgerSettings, update: () => void): DatabaseSync | undefined {
  const path = databasePath(directory);
  if (!existsSync(path)) return undefined;
  try {
    if (versionOf(path) < LEDGER_VERSION) update();
    const database = openReadOnly(path);
    // Refuses what a newer one has written.
    migrate(database, path);
    return database;
  } catch (error) {
    if (error instanceof Error && error.name === "ConfigurationError") throw error;
    throw new OutputError("cannotCreate", `cannot read the ledger ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function versionOf(path: string): number {
  const database = openReadOnly(path);
  try {
    return Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  } finally {
    database.close();
  }
}

function openReadOnly(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
}
