import { Admissions } from "./admissions.ts";
import type { Books } from "./books.ts";
import { Chunks } from "./chunks.ts";
import { openDatabase } from "./database.ts";
import type { LedgerSettings } from "./index.ts";
import type { Inventory } from "./inventory.ts";
import type { Ledger } from "./ledger.ts";
import type { Probes } from "./probes.ts";
import type { Pruner } from "./pruner.ts";
import { Reasks } from "./reasks.ts";
import { Requests } from "./requests.ts";
import { Runs } from "./runs.ts";
import { SqliteAccounts } from "./sqlite-accounts.ts";
import { readSqliteBooks } from "./sqlite-books.ts";
import { readSqliteInventory } from "./sqlite-inventory.ts";
import { SqliteProbes } from "./sqlite-probes.ts";
import { SqlitePruner } from "./sqlite-pruner.ts";
import { Transactions } from "./transactions.ts";

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
  const reasks = new Reasks(database);
  const accounts = new SqliteAccounts(database, { transactions, clock });
  const chunks = new Chunks(database, { transactions, reasks, accounts, clock });
  const runs = new Runs(database, { transactions, chunks, clock });
  const admissions = new Admissions(database, { transactions, runs, clock });
  const requests = new Requests(database, { transactions, runs, chunks, reasks, accounts, clock });
  return {
    directory,
    openRun: (run) => runs.open(run),
    holdRun: (id) => runs.hold(id),
    renewRun: (id) => runs.renew(id),
    closeRun: (id, end) => runs.close(id, end),
    claim: (keys, run) => requests.claim(keys, run),
    wouldClaim: (keys, run) => requests.wouldClaim(keys, run),
    outcomes: (keys, run) => requests.outcomes(keys, run),
    seal: (chunk, lines) => chunks.seal(chunk, lines),
    chunk: (id) => chunks.get(id),
    openChunks: (runId) => chunks.ofRun(runId),
    findChunk: (name) => chunks.find(name),
    askedKey: (chunkId, sentKey) => reasks.askedKey(chunkId, sentKey),
    noteProgress: (chunkId, progress) => chunks.noteProgress(chunkId, progress),
    advance: (id, to, learned) => chunks.advance(id, to, learned),
    record: (chunkId, outcomes, retries) => requests.record(chunkId, outcomes, retries),
    settle: (chunkId, leftover) => chunks.settle(chunkId, leftover),
    unasked: (chunkId, afterOffset, limit) => requests.unasked(chunkId, afterOffset, limit),
    outstanding: (chunkId, afterOffset, limit) => requests.outstanding(chunkId, afterOffset, limit),
    isChunkFileNeeded: (chunkId) => chunks.isFileNeeded(chunkId),
    addResultFile: (name, chunkId) => chunks.addResultFile(name, chunkId),
    resultFile: (id) => chunks.resultFile(id),
    uncleaned: (provider, limit) => chunks.uncleaned(provider, limit),
    markCleaned: (chunkId) => chunks.markCleaned(chunkId),
    inFlightElsewhere: (provider, model, runId) => admissions.inFlightElsewhere(provider, model, runId),
    creationsSince: (provider, time) => admissions.creationsSince(provider, time),
    learnTokenLimit: (provider, model, tokens) => admissions.learnTokenLimit(provider, model, tokens),
    tokenLimit: (provider, model) => admissions.tokenLimit(provider, model),
    totalsOf: (runId) => accounts.totalsOf(runId),
    spentOn: (chunkId) => accounts.spentOn(chunkId),
    meanOutput: (provider, model) => accounts.meanOutput(provider, model),
    meanOutputOf: (runId) => accounts.meanOutputOf(runId),
    meanOverhead: (kind) => accounts.meanOverhead(kind),
    refuse: (keys, runId, failure) => accounts.refuse(keys, runId, failure),
    tell: (limit, tell) => accounts.tell(limit, tell),
    ...probesOf(new SqliteProbes(database, { transactions, clock })),
    close: () => database.close(),
  };
}

function probesOf(probes: SqliteProbes): Probes {
  return {
    keepProbe: (probe, answers) => probes.keepProbe(probe, answers),
    lastProbe: (name, beforeRunId) => probes.lastProbe(name, beforeRunId),
    probePairs: (beforeRunId, runId) => probes.probePairs(beforeRunId, runId),
  };
}

/** Opens the ledger in a directory to be looked at; undefined when there is none. */
export function openSqliteInventory(settings: LedgerSettings): Inventory | undefined {
  return readSqliteInventory(settings, () => openSqliteLedger(settings).close());
}

/** Opens the books of the ledger in a directory to be looked at; undefined when there is none. */
export function openSqliteBooks(settings: LedgerSettings): Books | undefined {
  return readSqliteBooks(settings, () => openSqliteLedger(settings).close());
}

/** Opens the ledger in a directory to be tidied. */
export function openSqlitePruner(settings: LedgerSettings): Pruner {
  return new SqlitePruner(openDatabase(settings.directory), settings);
}
