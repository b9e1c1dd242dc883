import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { InternalError } from "../core/errors.ts";
import { isWorthRetrying } from "../core/failures.ts";
import { FAILURE_CODES, type FailureCode } from "../core/records.ts";
import { type Columns, numberIn, textIn } from "./columns.ts";
import type { Claim, RecordedOutcome, RequestState, Run, UnaskedRequest } from "./ledger.ts";
import type { Runs } from "./runs.ts";
import type { Transactions } from "./transactions.ts";

/** What `claim` needs to take a chunk over; implemented by Chunks. Called within a transaction. */
export interface ChunkAdopter {
  /** Makes the chunk the run's, or dissolves it when nothing of it can have been asked. */
  adopt(chunkId: number, runId: number): "adopted" | "dissolved";
}

/** The ledger's table of requests. */
export class Requests {
  readonly #transactions: Transactions;
  readonly #runs: Runs;
  readonly #chunks: ChunkAdopter;
  readonly #clock: Clock;
  readonly #byKeys: StatementSync;
  readonly #claim: StatementSync;
  readonly #answer: StatementSync;
  readonly #fail: StatementSync;
  readonly #retry: StatementSync;
  readonly #unaskedOfChunk: StatementSync;

  constructor(database: DatabaseSync, { transactions, runs, chunks, clock }: RequestsNeeds) {
    this.#transactions = transactions;
    this.#runs = runs;
    this.#chunks = chunks;
    this.#clock = clock;
    this.#byKeys = database.prepare("SELECT * FROM requests WHERE key IN (SELECT value FROM json_each(?))");
    this.#claim = database.prepare(
      `INSERT INTO requests (key, state, run) VALUES (?1, 'claimed', ?2)
       ON CONFLICT (key) DO UPDATE SET state = 'claimed', run = ?2, code = NULL, message = NULL,
       attempts = CASE state WHEN 'unasked' THEN attempts ELSE 0 END`,
    );
    this.#answer = database.prepare(
      `UPDATE requests SET state = 'answered', result_file = ?, result_offset = ?, result_length = ?, code = NULL,
       message = NULL, settled_at = ? WHERE key = ? AND chunk = ? AND state IN ('asked', 'unasked', 'failed')`,
    );
    this.#fail = database.prepare(
      `UPDATE requests SET state = 'failed', code = ?, message = ?, settled_at = ?, result_file = NULL
       WHERE key = ? AND chunk = ? AND state IN ('asked', 'unasked')`,
    );
    this.#retry = database.prepare(
      `UPDATE requests SET state = CASE WHEN attempts > ? THEN 'failed' ELSE 'unasked' END, code = ?, message = ?,
       settled_at = ? WHERE key = ? AND chunk = ? AND state = 'asked'`,
    );
    this.#unaskedOfChunk = database.prepare(
      "SELECT * FROM requests WHERE chunk = ? AND state = 'unasked' AND line_offset > ? ORDER BY line_offset LIMIT ?",
    );
  }

  claim(keys: readonly string[], run: Run): readonly Claim[] {
    return this.#transactions.relaxed(() => {
      const known = this.#read(keys);
      return keys.map((key) => this.#claimOne(key, known.get(key), run));
    });
  }

  outcomes(keys: readonly string[]): readonly RequestState[] {
    const known = this.#read(keys);
    return keys.map((key) => stateOf(known.get(key)));
  }

  record(chunkId: number, outcomes: readonly RecordedOutcome[], retries: number): void {
    this.#transactions.relaxed(() => {
      const now = this.#clock.now();
      for (const outcome of outcomes) this.#recordOne(chunkId, outcome, { now, retries });
    });
  }

  unasked(chunkId: number, afterOffset: number, limit: number): readonly UnaskedRequest[] {
    return this.#unaskedOfChunk.all(chunkId, afterOffset, limit).map((columns) => ({
      key: textIn(columns, "key"),
      offset: numberIn(columns, "line_offset"),
      length: numberIn(columns, "line_length"),
      tokens: numberIn(columns, "tokens"),
      origin: textIn(columns, "origin"),
      attempts: numberIn(columns, "attempts"),
    }));
  }

  #read(keys: readonly string[]): Map<string, Columns> {
    const rows = this.#byKeys.all(JSON.stringify(keys));
    return new Map(rows.map((columns) => [textIn(columns, "key"), columns]));
  }

  #claimOne(key: string, columns: Columns | undefined, run: Run): Claim {
    if (columns === undefined) return this.#take(key, run);
    const owner = numberIn(columns, "run");
    switch (textIn(columns, "state")) {
      case "answered":
        return this.#isStale(columns, run) ? this.#take(key, run) : { kind: "settled" };
      case "failed":
        return this.#isStale(columns, run) || this.#mayFareBetter(columns, run)
          ? this.#take(key, run)
          : { kind: "settled" };
      case "asked":
        return this.#join(key, numberIn(columns, "chunk"), { owner, run });
      case "claimed":
        return owner === run.id ? { kind: "mine" } : this.#takeFrom(owner, key, run);
      default:
        return owner === run.id ? this.#take(key, run) : this.#takeFrom(owner, key, run);
    }
  }

  #takeFrom(owner: number, key: string, run: Run): Claim {
    return this.#runs.isHeld(owner) ? { kind: "elsewhere", runId: owner } : this.#take(key, run);
  }

  #take(key: string, run: Run): Claim {
    this.#claim.run(key, run.id);
    return { kind: "new" };
  }

  #join(key: string, chunkId: number, { owner, run }: { owner: number; run: Run }): Claim {
    if (owner === run.id) return { kind: "inChunk", chunkId };
    if (this.#runs.isHeld(owner)) return { kind: "elsewhere", runId: owner };
    return this.#chunks.adopt(chunkId, run.id) === "adopted" ? { kind: "inChunk", chunkId } : this.#take(key, run);
  }

  #isStale(columns: Columns, run: Run): boolean {
    return run.freshSince > 0 && numberIn(columns, "settled_at") < run.freshSince;
  }

  /** A failure of the way stands for the run that met it, so that going on after a crash gives the same output. */
  #mayFareBetter(columns: Columns, run: Run): boolean {
    if (!isWorthRetrying(codeIn(columns))) return false;
    const owner = numberIn(columns, "run");
    return owner !== run.id && this.#runs.isFinished(owner);
  }

  #recordOne(chunkId: number, outcome: RecordedOutcome, { now, retries }: { now: number; retries: number }): void {
    if (outcome.kind === "answered") {
      const { fileId, offset, length } = outcome.result;
      this.#answer.run(fileId, offset, length, now, outcome.key, chunkId);
      return;
    }
    const { code, message } = outcome.failure;
    if (outcome.kind === "failed") this.#fail.run(code, message, now, outcome.key, chunkId);
    else this.#retry.run(retries, code, message, now, outcome.key, chunkId);
  }
}

export interface RequestsNeeds {
  readonly transactions: Transactions;
  readonly runs: Runs;
  readonly chunks: ChunkAdopter;
  readonly clock: Clock;
}

function stateOf(columns: Columns | undefined): RequestState {
  if (columns === undefined) return { kind: "unknown" };
  const attempts = numberIn(columns, "attempts");
  switch (textIn(columns, "state")) {
    case "answered":
      return { kind: "answered", attempts, chunkId: numberIn(columns, "chunk"), result: resultIn(columns) };
    case "failed": {
      const failure = { code: codeIn(columns), message: textIn(columns, "message") };
      return { kind: "failed", attempts, chunkId: numberIn(columns, "chunk"), failure };
    }
    default:
      return { kind: "pending", chunkId: chunkIn(columns), runId: numberIn(columns, "run") };
  }
}

/** A claimed request may still name the chunk of an earlier try. */
function chunkIn(columns: Columns): number | undefined {
  return textIn(columns, "state") === "claimed" ? undefined : numberIn(columns, "chunk");
}

function resultIn(columns: Columns) {
  return {
    fileId: numberIn(columns, "result_file"),
    offset: numberIn(columns, "result_offset"),
    length: numberIn(columns, "result_length"),
  };
}

function codeIn(columns: Columns): FailureCode {
  const text = textIn(columns, "code");
  const code = FAILURE_CODES.find((candidate) => candidate === text);
  if (code === undefined) throw new InternalError(`the ledger holds an unknown failure code ${text}`);
  return code;
}
