import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { UnfinishedError } from "../core/errors.ts";
import { type Columns, found, numberIn, textIn } from "./columns.ts";
import { ownIdentity, type ProcessIdentity } from "./lease.ts";
import type { NewRun, Run, RunEnd } from "./ledger.ts";
import { holderOf, isHeld } from "./run-columns.ts";
import type { Transactions } from "./transactions.ts";

/** A batch has 24 hours; a fresh run that was stopped goes on within twice that. */
const FRESH_FOR_MS = 48 * 3_600_000;

/** What taking a run over needs; implemented by Chunks. */
export interface IdleCloser {
  /** Ends the run's chunks of which nothing can have been asked, or of which nothing is open any more. */
  closeIdle(runId: number): void;
}

export interface RunsNeeds {
  readonly transactions: Transactions;
  readonly chunks: IdleCloser;
  readonly clock: Clock;
}

/** The ledger's table of runs. */
export class Runs {
  readonly #transactions: Transactions;
  readonly #chunks: IdleCloser;
  readonly #clock: Clock;
  readonly #byId: StatementSync;
  readonly #unfinished: StatementSync;
  readonly #open: StatementSync;
  readonly #insert: StatementSync;
  readonly #setHolder: StatementSync;
  readonly #renew: StatementSync;
  readonly #close: StatementSync;
  readonly #freeRefused: StatementSync;
  readonly #restoreAnswers: StatementSync;
  readonly #keepTries: StatementSync;
  readonly #dropClaims: StatementSync;

  constructor(database: DatabaseSync, { transactions, chunks, clock }: RunsNeeds) {
    this.#transactions = transactions;
    this.#chunks = chunks;
    this.#clock = clock;
    this.#byId = database.prepare("SELECT * FROM runs WHERE id = ?");
    this.#unfinished = database.prepare("SELECT * FROM runs WHERE signature = ? AND is_finished = 0 ORDER BY id DESC");
    this.#open = database.prepare("SELECT * FROM runs WHERE ended_at IS NULL AND is_finished = 0");
    this.#insert = database.prepare(
      `INSERT INTO runs (pipeline, label, signature, fresh_since, process, files, renewed_at, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#setHolder = database.prepare(
      "UPDATE runs SET process = ?, renewed_at = ?, ended_at = NULL, exit_status = NULL, is_finished = 0 WHERE id = ?",
    );
    this.#renew = database.prepare("UPDATE runs SET renewed_at = ? WHERE id = ?");
    this.#close = database.prepare(
      "UPDATE runs SET ended_at = ?, exit_status = ?, is_finished = ?, summary = ? WHERE id = ?",
    );
    this.#freeRefused = database.prepare(
      "UPDATE requests SET state = 'claimed' WHERE run = ? AND state = 'failed' AND code = 'budget_exceeded'",
    );
    this.#restoreAnswers = database.prepare(
      "UPDATE requests SET state = 'answered' WHERE run = ? AND state = 'claimed' AND result_file IS NOT NULL",
    );
    this.#keepTries = database.prepare(
      "UPDATE requests SET state = 'unasked' WHERE run = ? AND state = 'claimed' AND attempts > 0",
    );
    this.#dropClaims = database.prepare("DELETE FROM requests WHERE run = ? AND state = 'claimed'");
  }

  open(run: NewRun): Run {
    return this.#transactions.durable("run.open", () => {
      this.#refuseSharedFiles(run);
      return this.#takeOver(run) ?? this.#start(run);
    });
  }

  /** @throws {UnfinishedError} when a living process works on it */
  hold(id: number): Run {
    return this.#transactions.durable("run.open", () => {
      const columns = this.#columns(id);
      if (this.isHeld(id)) throw isBeingWorkedOn(id, holderOf(columns));
      return this.#take(columns);
    });
  }

  renew(id: number): void {
    this.#transactions.plain(() => this.#renew.run(this.#clock.now(), id));
  }

  close(id: number, { exitStatus, isFinished, summary }: RunEnd): void {
    this.#transactions.durable("run.close", () => {
      this.#voidClaims(id);
      this.#close.run(this.#clock.now(), exitStatus, isFinished ? 1 : 0, summary ?? null, id);
    });
  }

  /** Whether a process is at work on the run. */
  isHeld(id: number): boolean {
    return isHeld(this.#columns(id), this.#clock.now());
  }

  isFinished(id: number): boolean {
    return numberIn(this.#columns(id), "is_finished") === 1;
  }

  #columns(id: number): Columns {
    return found(this.#byId.get(id), `run ${id}`);
  }

  #refuseSharedFiles({ files }: NewRun): void {
    for (const columns of this.#open.all()) {
      if (!isHeld(columns, this.#clock.now())) continue;
      const shared = filesOf(columns).find((file) => files.includes(file));
      if (shared !== undefined) throw alreadyWritten(shared, holderOf(columns));
    }
  }

  #takeOver(run: NewRun): Run | undefined {
    const columns = this.#unfinished
      .all(run.signature)
      .find((candidate) => !isHeld(candidate, this.#clock.now()) && !this.#isTooOld(candidate));
    return columns && this.#take(columns);
  }

  #take(columns: Columns): Run {
    const id = numberIn(columns, "id");
    this.#setHolder.run(JSON.stringify(ownIdentity()), this.#clock.now(), id);
    // What the budget refused an execution that was cut short, is for the next one's budget to decide.
    this.#freeRefused.run(id);
    this.#voidClaims(id);
    this.#chunks.closeIdle(id);
    return { id, freshSince: numberIn(columns, "fresh_since"), isTakenOver: true };
  }

  /** Who asks for everything anew does not want what a run abandoned days ago has asked anew. */
  #isTooOld(columns: Columns): boolean {
    const freshSince = numberIn(columns, "fresh_since");
    return freshSince > 0 && this.#clock.now() - freshSince > FRESH_FOR_MS;
  }

  /** What was claimed but never sealed was not asked by it; an older answer that was to be asked anew stands again. */
  #voidClaims(id: number): void {
    this.#keepTries.run(id);
    this.#restoreAnswers.run(id);
    this.#dropClaims.run(id);
  }

  #start(run: NewRun): Run {
    const now = this.#clock.now();
    const freshSince = run.isFresh ? now : 0;
    const identity = JSON.stringify(ownIdentity());
    const files = JSON.stringify(run.files);
    const { pipeline, label, signature } = run;
    const columns = this.#insert.get(pipeline, label, signature, freshSince, identity, files, now, now);
    return { id: numberIn(found(columns, "number for a new run"), "id"), freshSince, isTakenOver: false };
  }
}

function alreadyWritten(file: string, holder: ProcessIdentity): UnfinishedError {
  return new UnfinishedError(`${nameOf(holder)} is writing ${file}`, {
    hint: "Wait for it, or name another file.",
  });
}

function isBeingWorkedOn(id: number, holder: ProcessIdentity): UnfinishedError {
  return new UnfinishedError(`${nameOf(holder)} is at work on run ${id}`, {
    hint: `Stop it first: kill -INT ${holder.pid} leaves its batches as they are.`,
  });
}

function nameOf({ pid, host }: ProcessIdentity): string {
  return host === ownIdentity().host ? `process ${pid}` : `process ${pid} on ${host.split("/")[0]}`;
}

function filesOf(columns: Columns): readonly string[] {
  const files: unknown = JSON.parse(textIn(columns, "files"));
  return Array.isArray(files) ? files.map(String) : [];
}
