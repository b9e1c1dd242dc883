import type { DatabaseSync } from "node:sqlite";
import type { ChunkAccount } from "./accounts.ts";
import type { BookedRun, Books, UnderWay } from "./books.ts";
import { type Columns, found, moneyIn, numberIn, optionalNumberIn, optionalTextIn, textIn } from "./columns.ts";
import type { LedgerSettings } from "./index.ts";
import { openToRead } from "./read-only.ts";
import { accountOf } from "./sqlite-accounts.ts";

/** Opens a ledger's books to be looked at; see {@link openToRead}. */
export function readSqliteBooks(settings: LedgerSettings, update: () => void): Books | undefined {
  const database = openToRead(settings, update);
  return database && new SqliteBooks(database);
}

const COUNTS = ["input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"];

const WITH_ACCOUNTS = `
  SELECT chunks.*, COALESCE(billed, requests) AS billed, COALESCE(unpriced, requests) AS unpriced,
  ${COUNTS.map((name) => `COALESCE(${name}, 0) AS ${name}`).join(", ")},
  CAST(COALESCE(cost, 0) AS TEXT) AS cost, CAST(estimated_cost AS TEXT) AS estimated_cost, api_key_id
  FROM chunks LEFT JOIN accounts ON chunk = id`;

const ACCOUNTS = `${WITH_ACCOUNTS}
  WHERE state = 'settled' AND (batch_id IS NOT NULL OR mode = 'live' AND submitted_at IS NOT NULL) ORDER BY id`;

const ACCOUNTS_OF_RUN = `${WITH_ACCOUNTS} WHERE run = ? AND submitted_at IS NOT NULL ORDER BY id`;

const UNDER_WAY = `
  SELECT COALESCE(SUM(mode = 'batch'), 0) AS batches, COALESCE(SUM(requests), 0) AS requests, COALESCE(SUM(tokens), 0) AS tokens,
  CAST(COALESCE(SUM(estimated_cost), 0) AS TEXT) AS estimated_cost, COUNT(*) - COUNT(estimated_cost) AS unpriced
  FROM chunks LEFT JOIN accounts ON chunk = id
  WHERE state <> 'settled' AND submitted_at IS NOT NULL`;

class SqliteBooks implements Books {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  snapshot<T>(read: () => T): T {
    this.#database.exec("BEGIN");
    try {
      return read();
    } finally {
      this.#database.exec("COMMIT");
    }
  }

  *accounts(): Generator<ChunkAccount> {
    for (const columns of this.#database.prepare(ACCOUNTS).iterate()) yield accountOf(columns);
  }

  *accountsOf(runId: number): Generator<ChunkAccount> {
    for (const columns of this.#database.prepare(ACCOUNTS_OF_RUN).iterate(runId)) yield accountOf(columns);
  }

  *runs(): Generator<BookedRun> {
    const sql = "SELECT id, label, ended_at, summary FROM runs ORDER BY id";
    for (const columns of this.#database.prepare(sql).iterate()) yield runOf(columns);
  }

  underWay(): UnderWay {
    const columns = found(this.#database.prepare(UNDER_WAY).get(), "batches under way");
    return {
      batches: numberIn(columns, "batches"),
      requests: numberIn(columns, "requests"),
      tokens: numberIn(columns, "tokens"),
      estimatedCost: moneyIn(columns, "estimated_cost"),
      unpriced: numberIn(columns, "unpriced"),
    };
  }

  close(): void {
    this.#database.close();
  }
}

function runOf(columns: Columns): BookedRun {
  return {
    id: numberIn(columns, "id"),
    label: textIn(columns, "label"),
    endedAt: optionalNumberIn(columns, "ended_at"),
    summary: optionalTextIn(columns, "summary"),
  };
}
