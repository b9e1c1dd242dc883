import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { InternalError } from "../core/errors.ts";
import type { BatchTimes } from "./chunk.ts";
import { chunkOf } from "./chunk-columns.ts";
import { found, numberIn, textIn } from "./columns.ts";
import type { BatchProgress, Chunk, ChunkFacts, ChunkLine, ChunkState, Leftover, NewChunk } from "./ledger.ts";
import type { Reasks } from "./reasks.ts";
import type { SqliteAccounts } from "./sqlite-accounts.ts";
import type { Transactions } from "./transactions.ts";
import { checkMove } from "./transitions.ts";

/** Before a batch is created nothing is asked and nothing billed, whatever was uploaded. */
const UNSENT: ReadonlySet<ChunkState> = new Set(["sealed", "uploading", "uploaded"]);

const NOTE_PROGRESS = `
  UPDATE chunks SET batch_status = ?, completed = ?, failed = ?, in_progress_at = ?, finalizing_at = ?, batch_ended_at = ?
  WHERE id = ? AND state = 'submitted'`;

const NOT_TOLD: BatchTimes = { inProgressAt: null, finalizingAt: null, endedAt: null };

/** Limits are of an hour; clocks may be set. */
const CREATIONS_KEPT_MS = 2 * 3_600_000;

/** The ledger's tables of chunks and of the files their results lie in. */
export class Chunks {
  readonly #transactions: Transactions;
  readonly #reasks: Reasks;
  readonly #accounts: SqliteAccounts;
  readonly #clock: Clock;
  readonly #byId: StatementSync;
  readonly #byName: StatementSync;
  readonly #openOfRun: StatementSync;
  readonly #insert: StatementSync;
  readonly #ask: StatementSync;
  readonly #update: StatementSync;
  readonly #failLeftover: StatementSync;
  readonly #unaskLeftover: StatementSync;
  readonly #adoptChunk: StatementSync;
  readonly #adoptRequests: StatementSync;
  readonly #stillOpen: StatementSync;
  readonly #progress: StatementSync;
  readonly #addCreation: StatementSync;
  readonly #forgetCreations: StatementSync;
  readonly #unclean: StatementSync;
  readonly #clean: StatementSync;
  readonly #insertFile: StatementSync;
  readonly #fileById: StatementSync;

  constructor(database: DatabaseSync, { transactions, reasks, accounts, clock }: ChunksNeeds) {
    this.#transactions = transactions;
    this.#reasks = reasks;
    this.#accounts = accounts;
    this.#clock = clock;
    this.#byId = database.prepare("SELECT * FROM chunks WHERE id = ?");
    this.#byName = database.prepare("SELECT * FROM chunks WHERE name = ?");
    this.#openOfRun = database.prepare("SELECT * FROM chunks WHERE run = ? AND state <> 'settled' ORDER BY id");
    this.#insert = database.prepare(
      `INSERT INTO chunks (run, name, provider, endpoint, model, mode, requests, bytes, tokens, state, created_at, changed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'sealed', ?, ?) RETURNING *`,
    );
    this.#ask = database.prepare(
      `UPDATE requests SET state = 'asked', run = ?, chunk = ?, attempts = attempts + 1,
       line_offset = ?, line_length = ?, tokens = ?, origin = ? WHERE key = ? AND state IN ('claimed', 'unasked')`,
    );
    this.#update = database.prepare(
      `UPDATE chunks SET state = ?, file_id = ?, batch_id = ?, batch_status = ?, output_file_id = ?,
       error_file_id = ?, changed_at = ?, submitted_at = ? WHERE id = ? RETURNING *`,
    );
    this.#failLeftover = database.prepare(
      `UPDATE requests SET state = 'failed', code = ?, message = ?, settled_at = ?, result_file = NULL
       WHERE chunk = ? AND state = 'asked' AND attempts > ?`,
    );
    this.#unaskLeftover = database.prepare(
      "UPDATE requests SET state = 'unasked', attempts = attempts - ? WHERE chunk = ? AND state = 'asked'",
    );
    this.#adoptChunk = database.prepare("UPDATE chunks SET run = ? WHERE id = ?");
    this.#adoptRequests = database.prepare(
      "UPDATE requests SET run = ? WHERE chunk = ? AND state IN ('asked', 'unasked')",
    );
    this.#stillOpen = database.prepare(
      "SELECT 1 FROM requests WHERE chunk = ? AND state IN ('asked', 'unasked') LIMIT 1",
    );
    this.#addCreation = database.prepare("INSERT INTO creations (provider, created_at) VALUES (?, ?)");
    this.#forgetCreations = database.prepare("DELETE FROM creations WHERE created_at < ?");
    this.#progress = database.prepare(NOTE_PROGRESS);
    this.#unclean = database.prepare(
      `SELECT * FROM chunks WHERE provider = ? AND state = 'settled' AND cleaned_at IS NULL AND file_id IS NOT NULL
       ORDER BY id LIMIT ?`,
    );
    this.#clean = database.prepare("UPDATE chunks SET cleaned_at = ? WHERE id = ?");
    this.#insertFile = database.prepare(
      "INSERT INTO result_files (chunk, name) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET chunk = chunk RETURNING id",
    );
    this.#fileById = database.prepare("SELECT name, chunk FROM result_files WHERE id = ?");
  }

  get(id: number): Chunk {
    return chunkOf(found(this.#byId.get(id), `chunk ${id}`));
  }

  ofRun(runId: number): readonly Chunk[] {
    return this.#openOfRun.all(runId).map(chunkOf);
  }

  find(name: string): Chunk | undefined {
    const columns = this.#byName.get(name);
    return columns === undefined ? undefined : chunkOf(columns);
  }

  seal(chunk: NewChunk, lines: readonly ChunkLine[]): Chunk {
    return this.#transactions.durable("chunk.sealed", () => {
      const { runId, name, provider, endpoint, model, mode = "batch", requests, bytes, tokens } = chunk;
      const now = this.#clock.now();
      const facts = [provider, endpoint, model, mode, requests, bytes, tokens] as const;
      const columns = this.#insert.get(runId, name, ...facts, now, now);
      const sealed = chunkOf(found(columns, `chunk ${name}`));
      this.#accounts.open(sealed.id, chunk);
      for (const line of lines) this.#askLine(sealed, line);
      return sealed;
    });
  }

  advance(id: number, to: ChunkState, learned: ChunkFacts = {}): Chunk {
    return this.#transactions.durable(`chunk.${to}`, () => {
      const chunk = this.get(id);
      checkMove(chunk.name, chunk.state, to);
      return this.#write({ ...chunk, ...learned, state: to });
    });
  }

  settle(id: number, { failure, retries, isAttempt }: Leftover): Chunk {
    return this.#transactions.durable("chunk.settled", () => {
      const chunk = this.get(id);
      checkMove(chunk.name, chunk.state, "settled");
      if (isAttempt) this.#failLeftover.run(failure.code, failure.message, this.#clock.now(), id, retries);
      this.#unaskLeftover.run(isAttempt ? 0 : 1, id);
      return this.#write({ ...chunk, state: "settled" });
    });
  }

  noteProgress(id: number, { batchStatus, completed, failed, times }: BatchProgress): void {
    const { inProgressAt, finalizingAt, endedAt } = times ?? NOT_TOLD;
    const facts = [batchStatus, completed, failed, inProgressAt, finalizingAt, endedAt] as const;
    this.#transactions.plain(() => this.#progress.run(...facts, id));
  }

  uncleaned(provider: string, limit: number): readonly Chunk[] {
    return this.#unclean.all(provider, limit).map(chunkOf);
  }

  markCleaned(id: number): void {
    this.#transactions.relaxed("chunk.cleaned", () => this.#clean.run(this.#clock.now(), id));
  }

  /** Within a transaction: makes a dead run's chunk the run's own, or dissolves it if it cannot have been asked. */
  adopt(id: number, runId: number): "adopted" | "dissolved" {
    const chunk = this.get(id);
    // Settled: dissolved a moment ago, for another of its requests.
    if (chunk.state === "settled" || this.#dissolve(chunk)) return "dissolved";
    this.#adoptRequests.run(runId, id);
    this.#adoptChunk.run(runId, id);
    return "adopted";
  }

  /** Within a transaction: frees what a run had sealed and not yet put to the provider, and ends what is done. */
  closeIdle(runId: number): void {
    for (const chunk of this.ofRun(runId)) {
      if (!this.#dissolve(chunk) && !this.isFileNeeded(chunk.id)) this.#write({ ...chunk, state: "settled" });
    }
  }

  #dissolve(chunk: Chunk): boolean {
    if (!UNSENT.has(chunk.state)) return false;
    this.#unaskLeftover.run(1, chunk.id);
    this.#write({ ...chunk, state: "settled" });
    return true;
  }

  isFileNeeded(id: number): boolean {
    return this.#stillOpen.get(id) !== undefined;
  }

  addResultFile(name: string, chunkId: number): number {
    return this.#transactions.durable("result-file.add", () =>
      numberIn(found(this.#insertFile.get(chunkId, name), `result file ${name}`), "id"),
    );
  }

  resultFile(id: number): { readonly name: string; readonly chunkId: number } {
    const columns = found(this.#fileById.get(id), `result file ${id}`);
    return { name: textIn(columns, "name"), chunkId: numberIn(columns, "chunk") };
  }

  #askLine(chunk: Chunk, { key, offset, length, tokens, origin, sentKey }: ChunkLine): void {
    if (sentKey !== undefined) this.#reasks.add(chunk.id, sentKey, key);
    const { changes } = this.#ask.run(chunk.runId, chunk.id, offset, length, tokens, origin, key);
    if (changes !== 1) throw new InternalError(`request ${key} was put in chunk ${chunk.name} without being claimed`);
  }

  #noteCreation(provider: string, now: number): void {
    this.#forgetCreations.run(now - CREATIONS_KEPT_MS);
    this.#addCreation.run(provider, now);
  }

  #write(chunk: Chunk): Chunk {
    const { state, fileId, batchId, batchStatus, outputFileId, errorFileId, id } = chunk;
    const now = this.#clock.now();
    const submittedAt = state === "creating" || state === "asking" ? now : chunk.submittedAt;
    if (state === "creating") this.#noteCreation(chunk.provider, now);
    const facts = [fileId, batchId, batchStatus, outputFileId, errorFileId] as const;
    const columns = this.#update.get(state, ...facts, now, submittedAt, id);
    return chunkOf(found(columns, `chunk ${id}`));
  }
}

export interface ChunksNeeds {
  readonly transactions: Transactions;
  readonly reasks: Reasks;
  readonly accounts: SqliteAccounts;
  readonly clock: Clock;
}
