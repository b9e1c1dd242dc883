import type { DatabaseSync } from "node:sqlite";
import { ConfigurationError } from "../core/errors.ts";

/**
 * Append-only: a step that has been released is never edited. A ledger of an older version is brought up to date
 * when it is opened; one of a newer version is refused.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    signature TEXT NOT NULL,
    fresh_since INTEGER NOT NULL,
    process TEXT NOT NULL,
    files TEXT NOT NULL,
    renewed_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    exit_status INTEGER,
    is_finished INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX runs_unfinished ON runs (signature) WHERE is_finished = 0;

  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    name TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    state TEXT NOT NULL,
    file_id TEXT,
    batch_id TEXT,
    batch_status TEXT,
    output_file_id TEXT,
    error_file_id TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  );
  CREATE INDEX chunks_open ON chunks (run) WHERE state <> 'settled';

  CREATE TABLE requests (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    run INTEGER NOT NULL,
    chunk INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    answer_attempts INTEGER,
    line_offset INTEGER,
    line_length INTEGER,
    tokens INTEGER,
    origin TEXT,
    result_file INTEGER,
    result_offset INTEGER,
    result_length INTEGER,
    code TEXT,
    message TEXT,
    settled_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX requests_open ON requests (chunk) WHERE state IN ('asked', 'unasked');
  CREATE INDEX requests_claimed ON requests (run) WHERE state = 'claimed';

  CREATE TABLE result_files (
    id INTEGER PRIMARY KEY,
    chunk INTEGER NOT NULL REFERENCES chunks (id),
    name TEXT NOT NULL UNIQUE
  );
  `,
  `
  ALTER TABLE runs ADD COLUMN label TEXT NOT NULL DEFAULT '';
  ALTER TABLE runs ADD COLUMN summary TEXT;

  ALTER TABLE chunks ADD COLUMN submitted_at INTEGER;
  ALTER TABLE chunks ADD COLUMN completed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE chunks ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE chunks ADD COLUMN cleaned_at INTEGER;
  CREATE INDEX chunks_submitted ON chunks (submitted_at);
  CREATE INDEX chunks_unclean ON chunks (provider) WHERE state = 'settled' AND cleaned_at IS NULL;

  ALTER TABLE requests ADD COLUMN reply_file INTEGER;
  ALTER TABLE requests ADD COLUMN reply_offset INTEGER;
  ALTER TABLE requests ADD COLUMN reply_length INTEGER;
  ALTER TABLE requests ADD COLUMN reply_reason TEXT;

  CREATE TABLE reasks (
    chunk INTEGER NOT NULL,
    sent_key TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (chunk, sent_key)
  ) WITHOUT ROWID;

  CREATE TABLE token_limits (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    learned_at INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
  ) WITHOUT ROWID;
  `,
  // Apart from the chunks, as its sums may be beyond what a double holds.
  `
  CREATE TABLE accounts (
    chunk INTEGER PRIMARY KEY REFERENCES chunks (id),
    billed INTEGER NOT NULL DEFAULT 0,
    unpriced INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    reasoning_tokens INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    estimated_cost INTEGER,
    api_key_id TEXT,
    told_at INTEGER
  );
  CREATE INDEX accounts_untold ON accounts (chunk) WHERE told_at IS NULL;
  `,
  // Each call that may have created a batch, also when a chunk is sent in again.
  `
  CREATE TABLE creations (
    provider TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );
  CREATE INDEX creations_by_time ON creations (created_at);
  `,
  `
  CREATE INDEX requests_refused ON requests (run) WHERE state = 'failed' AND code = 'budget_exceeded';
  `,
  `
  ALTER TABLE chunks ADD COLUMN mode TEXT NOT NULL DEFAULT 'batch';
  `,
  // Of a chunk's tokens, those that were not counted but learned: what is learned next is not to be on top of them.
  `
  ALTER TABLE accounts ADD COLUMN overhead_tokens INTEGER NOT NULL DEFAULT 0;
  `,
  // When a batch came how far, as the provider gives it.
  `
  ALTER TABLE chunks ADD COLUMN in_progress_at INTEGER;
  ALTER TABLE chunks ADD COLUMN finalizing_at INTEGER;
  ALTER TABLE chunks ADD COLUMN batch_ended_at INTEGER;
  `,
  // What a run has answered to a fixed set of rows, to tell what has changed since the run before.
  `
  CREATE TABLE probes (
    run INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    asked TEXT NOT NULL,
    asked_at INTEGER NOT NULL
  );
  CREATE INDEX probes_by_name ON probes (name, run);
  CREATE TABLE probe_answers (
    run INTEGER NOT NULL,
    row TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (run, row)
  ) WITHOUT ROWID;
  `,
];

/** The version that this bg-pipe writes. */
export const LEDGER_VERSION = MIGRATIONS.length;

/**
 * Brings the database to the current version, in one transaction.
 *
 * @throws {ConfigurationError} when a newer bg-pipe has written it
 */
export function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new ConfigurationError(`the ledger ${path} was written by a newer bg-pipe (version ${version})`, {
      hint: "Update bg-pipe, or give another --state-dir.",
    });
  }
  if (version === MIGRATIONS.length) return;
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
