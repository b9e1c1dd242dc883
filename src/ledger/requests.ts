import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { InternalError } from "../core/errors.ts";
import { isWorthRetrying } from "../core/failures.ts";
import { FAILURE_CODES, type FailureCode } from "../core/records.ts";
import { type Columns, numberIn, textIn } from "./columns.ts";
import type { Claim, InvalidReply, RecordedOutcome, RequestState, Run, UnaskedRequest } from "./ledger.ts";
import type { Reasks } from "./reasks.ts";
import type { Runs } from "./runs.ts";
import type { SqliteAccounts } from "./sqlite-accounts.ts";
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
  readonly #reasks: Reasks;
  readonly #accounts: SqliteAccounts;
  readonly #clock: Clock;
  readonly #byKeys: StatementSync;
  readonly #take: StatementSync;
  readonly #answer: StatementSync;
  readonly #fail: StatementSync;
  readonly #retry: StatementSync;
  readonly #linesOfChunk: StatementSync;

  constructor(database: DatabaseSync, { transactions, runs, chunks, reasks, accounts, clock }: RequestsNeeds) {
    this.#transactions = transactions;
    this.#runs = runs;
    this.#chunks = chunks;
    this.#reasks = reasks;
    this.#accounts = accounts;
    this.#clock = clock;
    this.#byKeys = database.prepare("SELECT * FROM requests WHERE key IN (SELECT value FROM json_each(?))");
    this.#take = database.prepare(
      `INSERT INTO requests (key, state, run) VALUES (?1, 'claimed', ?2)
       ON CONFLICT (key) DO UPDATE SET state = 'claimed', run = ?2, code = NULL, message = NULL,
       attempts = CASE WHEN state IN ('unasked', 'claimed') THEN attempts ELSE 0 END,
       reply_file = CASE WHEN state IN ('unasked', 'claimed') THEN reply_file END,
       result_file = CASE WHEN state = 'failed' AND code <> 'budget_exceeded' THEN NULL ELSE result_file END`,
    );
    this.#answer = database.prepare(
      `UPDATE requests SET state = 'answered', answer_attempts = attempts, result_file = ?, result_offset = ?, result_length = ?, code = NULL,
       message = NULL, settled_at = ? WHERE key = ? AND chunk = ? AND state IN ('asked', 'unasked', 'failed')`,
    );
    this.#fail = database.prepare(
      `UPDATE requests SET state = 'failed', code = ?, message = ?, settled_at = ?, result_file = ?,
       result_offset = ?, result_length = ? WHERE key = ? AND chunk = ? AND state IN ('asked', 'unasked')`,
    );
    this.#retry = database.prepare(
      `UPDATE requests SET code = ?1, message = ?2,
       state = CASE WHEN attempts > ?3 THEN 'failed' ELSE 'unasked' END,
       settled_at = CASE WHEN attempts > ?3 THEN ?4 ELSE settled_at END,
       result_file = CASE WHEN attempts > ?3 THEN ?7 ELSE result_file END,
       result_offset = CASE WHEN attempts > ?3 THEN ?8 ELSE result_offset END,
       result_length = CASE WHEN attempts > ?3 THEN ?9 ELSE result_length END,
       reply_file = COALESCE(?7, reply_file), reply_offset = COALESCE(?8, reply_offset),
       reply_length = COALESCE(?9, reply_length), reply_reason = COALESCE(?10, reply_reason)
       WHERE key = ?5 AND chunk = ?6 AND state = 'asked'`,
    );
    this.#linesOfChunk = database.prepare(
      `SELECT *, EXISTS (SELECT 1 FROM reasks WHERE reasks.chunk = requests.chunk AND reasks.key = requests.key) AS is_reask
       FROM requests WHERE chunk = ? AND state = ? AND line_offset > ? ORDER BY line_offset LIMIT ?`,
    );
  }

  claim(keys: readonly string[], run: Run): readonly Claim[] {
    return this.#transactions.relaxed("requests.claim", () => {
      const known = this.#read(keys);
      return keys.map((key) => this.#claimOne(key, known.get(key), run));
    });
  }

  wouldClaim(keys: readonly string[], run: Pick<Run, "id" | "freshSince">): readonly Claim[] {
    const known = this.#read(keys);
    return keys.map((key) => this.#judge(known.get(key), run));
  }

  outcomes(keys: readonly string[], run: Pick<Run, "freshSince">): readonly RequestState[] {
    const known = this.#read(keys);
    return keys.map((key) => stateOf(known.get(key), run));
  }

  record(chunkId: number, outcomes: readonly RecordedOutcome[], retries: number): readonly boolean[] {
    return this.#transactions.relaxed("requests.record", () => {
      const hasReasks = this.#reasks.has(chunkId);
      const now = this.#clock.now();
      return outcomes.map((outcome) => {
        const key = hasReasks ? this.#reasks.askedKey(chunkId, outcome.key) : outcome.key;
        const isNew = this.#recordOne(chunkId, { ...outcome, key }, { now, retries });
        if (isNew && outcome.billed !== undefined) this.#accounts.book(chunkId, outcome.billed);
        return isNew;
      });
    });
  }

  unasked(chunkId: number, afterOffset: number, limit: number): readonly UnaskedRequest[] {
    return this.#lines(chunkId, "unasked", { afterOffset, limit });
  }

  outstanding(chunkId: number, afterOffset: number, limit: number): readonly UnaskedRequest[] {
    return this.#lines(chunkId, "asked", { afterOffset, limit });
  }

  #lines(chunkId: number, state: "asked" | "unasked", { afterOffset, limit }: Slice): readonly UnaskedRequest[] {
    return this.#linesOfChunk.all(chunkId, state, afterOffset, limit).map((columns) => ({
      key: textIn(columns, "key"),
      offset: numberIn(columns, "line_offset"),
      length: numberIn(columns, "line_length"),
      tokens: numberIn(columns, "tokens"),
      origin: textIn(columns, "origin"),
      attempts: numberIn(columns, "attempts"),
      isReask: numberIn(columns, "is_reask") === 1,
      ...(columns["code"] === null ? {} : { code: textIn(columns, "code") }),
      ...replyIn(columns),
    }));
  }

  #read(keys: readonly string[]): Map<string, Columns> {
    const rows = this.#byKeys.all(JSON.stringify(keys));
    return new Map(rows.map((columns) => [textIn(columns, "key"), columns]));
  }

  #claimOne(key: string, columns: Columns | undefined, run: Run): Claim {
    const claim = this.#judge(columns, run);
    if (claim.kind === "new") this.#take.run(key, run.id);
    if (claim.kind !== "inChunk" || columns === undefined || numberIn(columns, "run") === run.id) return claim;
    if (this.#chunks.adopt(claim.chunkId, run.id) === "adopted") return claim;
    this.#take.run(key, run.id);
    return { kind: "new", ...replyIn(columns) };
  }

  /** What a request is to a run, before anything is done about it. */
  #judge(columns: Columns | undefined, run: Pick<Run, "id" | "freshSince">): Claim {
    if (columns === undefined) return { kind: "new" };
    if (hasAnswer(columns, run)) return { kind: "settled" };
    const owner = numberIn(columns, "run");
    const state = textIn(columns, "state");
    if (state === "answered") return { kind: "new" };
    if (state === "failed") return this.#isWorthAsking(columns, run) ? { kind: "new" } : { kind: "settled" };
    if (owner !== run.id && this.#runs.isHeld(owner)) return { kind: "elsewhere", runId: owner };
    if (state === "asked") return { kind: "inChunk", chunkId: numberIn(columns, "chunk") };
    if (state === "claimed" && owner === run.id) return { kind: "mine" };
    return { kind: "new", ...replyIn(columns) };
  }

  /** A failure of the way stands for the run that met it, so that going on after a crash gives the same output. */
  #isWorthAsking(columns: Columns, run: Pick<Run, "id" | "freshSince">): boolean {
    const owner = numberIn(columns, "run");
    const code = codeIn(columns);
    // Its time may be that of an older answer.
    if (code === NOT_ASKED && owner === run.id) return false;
    if (numberIn(columns, "settled_at") < run.freshSince) return true;
    return isWorthRetrying(code) && owner !== run.id && !this.#runs.isHeld(owner);
  }

  #recordOne(chunkId: number, outcome: RecordedOutcome, { now, retries }: { now: number; retries: number }): boolean {
    const { key } = outcome;
    if (outcome.kind === "answered") {
      const { fileId, offset, length } = outcome.result;
      return this.#answer.run(fileId, offset, length, now, key, chunkId).changes === 1;
    }
    const { code, message } = outcome.failure;
    if (outcome.kind === "failed") {
      const { fileId = null, offset = null, length = null } = outcome.result ?? {};
      return this.#fail.run(code, message, now, fileId, offset, length, key, chunkId).changes === 1;
    }
    const { fileId = null, offset = null, length = null } = outcome.reply?.result ?? {};
    const reply = [fileId, offset, length, outcome.reply?.reason ?? null] as const;
    return this.#retry.run(code, message, retries, now, key, chunkId, ...reply).changes === 1;
  }
}

/** Some of a chunk's lines. */
interface Slice {
  readonly afterOffset: number;
  readonly limit: number;
}

export interface RequestsNeeds {
  readonly transactions: Transactions;
  readonly runs: Runs;
  readonly chunks: ChunkAdopter;
  readonly reasks: Reasks;
  readonly accounts: SqliteAccounts;
  readonly clock: Clock;
}

/** The code of what was refused before it was asked: an older answer still stands. */
const NOT_ASKED: FailureCode = "budget_exceeded";

/** Whether there is an answer that counts for the run, whatever else is going on with the request. */
function hasAnswer(columns: Columns, { freshSince }: Pick<Run, "freshSince">): boolean {
  const isFailed = textIn(columns, "state") === "failed" && columns["code"] !== NOT_ASKED;
  const holdsResult = columns["result_file"] !== null && !isFailed;
  return holdsResult && numberIn(columns, "settled_at") >= freshSince;
}

function stateOf(columns: Columns | undefined, run: Pick<Run, "freshSince">): RequestState {
  if (columns === undefined) return { kind: "unknown" };
  if (hasAnswer(columns, run)) {
    return { kind: "answered", attempts: numberIn(columns, "answer_attempts"), result: resultIn(columns) };
  }
  const attempts = numberIn(columns, "attempts");
  if (textIn(columns, "state") === "failed") {
    const failure = { code: codeIn(columns), message: textIn(columns, "message") };
    const isUnasked = failure.code === NOT_ASKED;
    const result = columns["result_file"] === null || isUnasked ? {} : { result: resultIn(columns) };
    return {
      kind: "failed",
      attempts,
      chunkId: isUnasked ? undefined : numberIn(columns, "chunk"),
      failure,
      ...result,
    };
  }
  return { kind: "pending", chunkId: chunkIn(columns), runId: numberIn(columns, "run") };
}

/** The last reply that was no valid answer, where there was one. */
function replyIn(columns: Columns): { readonly reply?: InvalidReply } {
  if (columns["reply_file"] === null) return {};
  const fileId = numberIn(columns, "reply_file");
  const [offset, length] = [numberIn(columns, "reply_offset"), numberIn(columns, "reply_length")];
  return { reply: { result: { fileId, offset, length }, reason: textIn(columns, "reply_reason") } };
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
