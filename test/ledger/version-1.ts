/** The tables of a ledger as the first release made them. It is never edited: there are such ledgers. */
export const VERSION_1_TABLES = `
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
`;

/** A run that is over, one that was killed, and what they had to do with: requests of every sort. */
export const VERSION_1_ROWS = `
  INSERT INTO runs (id, pipeline, signature, fresh_since, process, files, renewed_at, started_at, ended_at, exit_status,
    is_finished) VALUES
    (1, 'grade', 'old', 0, '{"pid":1073741824,"host":"gone"}', '[]', 1000, 1000, 2000, 0, 1),
    (2, 'grade', 's', 0, '{"pid":1073741824,"host":"gone"}', '["/out.jsonl"]', 3000, 3000, NULL, NULL, 0);

  INSERT INTO chunks (id, run, name, provider, endpoint, model, requests, bytes, tokens, state, file_id, batch_id,
    batch_status, output_file_id, error_file_id, created_at, changed_at) VALUES
    (1, 1, 'r1-old', 'p', '/v1/e', 'm', 3, 90, 30, 'settled', 'file-1', 'batch-1', 'completed', 'output-1', NULL, 1, 2),
    (2, 2, 'r2-open', 'p', '/v1/e', 'm', 1, 30, 10, 'submitted', 'file-2', 'batch-2', 'in_progress', NULL, NULL, 3, 4),
    (3, 2, 'r2-never', 'p', '/v1/e', 'm', 1, 30, 10, 'settled', NULL, NULL, NULL, NULL, NULL, 3, 4);

  INSERT INTO result_files (id, chunk, name) VALUES (1, 1, 'r1-old.output.jsonl');

  INSERT INTO requests (key, state, run, chunk, attempts, answer_attempts, line_offset, line_length, tokens, origin,
    result_file, result_offset, result_length, code, message, settled_at) VALUES
    ('answered', 'answered', 1, 1, 2, 2, 0, 29, 10, 'in.jsonl:1', 1, 40, 30, NULL, NULL, 2),
    ('refused', 'failed', 1, 1, 1, NULL, 30, 29, 10, 'in.jsonl:2', 1, 0, 39, 'refused', 'no', 2),
    ('unasked', 'unasked', 2, 3, 1, NULL, 60, 29, 10, 'in.jsonl:3', NULL, NULL, NULL, 'expired', 'late', NULL),
    ('asked', 'asked', 2, 2, 1, NULL, 0, 29, 10, 'in.jsonl:4', NULL, NULL, NULL, NULL, NULL, NULL),
    ('claimed', 'claimed', 2, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
`;
