import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { InternalError, UnfinishedError } from "../core/errors.ts";
import { type Columns, numberIn, textIn } from "./columns.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./lease.ts";
import type { NewRun, Run } from "./ledger.ts";
import type { Transactions } from "./transactions.ts";

/** What taking a run over needs; implemented by Chunks. */
export interface UnsentDissolver {
  dissolveUnsent(runId: number): void;
}

export interface RunsNeeds {
  readonly transactions: Transactions;
  readonly chunks: UnsentDissolver;
  readonly clock: Clock;
}

/** The ledger's table of runs. */
export class Runs {
  readonly #transactions: Transactions;
  readonly #chunks: UnsentDissolver;
  readonly #clock: Clock;
  readonly #byId: StatementSync;
  readonly #unfinished: StatementSync;
  readonly #insert: StatementSync;
  readonly #take: StatementSync;
  readonly #renew: StatementSync;
  readonly #close: StatementSync;
  readonly #restoreAnswers: StatementSync;
  readonly #dropClaims: StatementSync;

  constructor(database: DatabaseSync, { transactions, chunks, clock }: RunsNeeds) {
    this.#transactions = transactions;
    this.#chunks = chunks;
    this.#clock = clock;
    this.#byId = database.prepare("SELECT * FROM runs WHERE id = ?");
    this.#unfinished = database.prepare("SELECT * FROM runs WHERE signature = ? AND is_finished = 0 ORDER BY id DESC");
    this.#insert = database.prepare(
      `INSERT INTO runs (pipeline, signature, fresh_since, process, renewed_at, started_at)
       VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#take = database.prepare(
      "UPDATE runs SET process = ?, renewed_at = ?, ended_at = NULL, exit_status = NULL WHERE id = ?",
    );
    this.#renew = database.prepare("UPDATE runs SET renewed_at = ? WHERE id = ?");
    this.#close = database.prepare("UPDATE runs SET ended_at = ?, exit_status = ?, is_finished = ? WHERE id = ?");
    this.#restoreAnswers = database.prepare(
      "UPDATE requests SET state = 'answered' WHERE run = ? AND state = 'claimed' AND result_file IS NOT NULL",
    );
    this.#dropClaims = database.prepare("DELETE FROM requests WHERE run = ? AND state = 'claimed'");
  }

  open(run: NewRun): Run {
    return this.#transactions.durable(() => this.#takeOver(run) ?? this.#start(run));
  }

  renew(id: number): void {
    this.#transactions.relaxed(() => this.#renew.run(this.#clock.now(), id));
  }

  close(id: number, exitStatus: number, isFinished: boolean): void {
    this.#transactions.durable(() => {
      this.#voidClaims(id);
      this.#close.run(this.#clock.now(), exitStatus, isFinished ? 1 : 0, id);
    });
  }

  /** Whether a process is at work on the run. */
  isHeld(id: number): boolean {
    const columns = this.#columns(id);
    if (columns["ended_at"] !== null) return false;
    return isAlive(holderOf(columns), numberIn(columns, "renewed_at"), this.#clock.now());
  }

  isFinished(id: number): boolean {
    return numberIn(this.#columns(id), "is_finished") === 1;
  }

  #columns(id: number): Columns {
    const columns = this.#byId.get(id);
    if (columns === undefined) throw new InternalError(`the ledger knows no run ${id}`);
    return columns;
  }

  #takeOver(run: NewRun): Run | undefined {
    const candidates = this.#unfinished.all(run.signature);
    const held = candidates.find((candidate) => !this.#isFree(candidate));
    if (run.isExclusive && held !== undefined) throw alreadyRunning(held);
    const columns = candidates.find((candidate) => this.#isFree(candidate));
    if (columns === undefined) return undefined;
    const id = numberIn(columns, "id");
    this.#take.run(JSON.stringify(ownIdentity()), this.#clock.now(), id);
    this.#voidClaims(id);
    this.#chunks.dissolveUnsent(id);
    return { id, freshSince: numberIn(columns, "fresh_since"), isTakenOver: true };
  }

  /** What was claimed but never sealed was never asked; an older answer that was to be asked anew stands again. */
  #voidClaims(id: number): void {
    this.#restoreAnswers.run(id);
    this.#dropClaims.run(id);
  }

  #isFree(columns: Columns): boolean {
    if (columns["ended_at"] !== null) return true;
    return !isAlive(holderOf(columns), numberIn(columns, "renewed_at"), this.#clock.now());
  }

  #start(run: NewRun): Run {
    const now = this.#clock.now();
    const freshSince = run.isFresh ? now : 0;
    const identity = JSON.stringify(ownIdentity());
    const columns = this.#insert.get(run.pipeline, run.signature, freshSince, identity, now, now);
    if (columns === undefined) throw new InternalError("the ledger gave a new run no number");
    return { id: numberIn(columns, "id"), freshSince, isTakenOver: false };
  }
}

function alreadyRunning(columns: Columns): UnfinishedError {
  const { pid, host } = holderOf(columns);
  const where = host === ownIdentity().host ? "" : ` on ${host.split("/")[0]}`;
  return new UnfinishedError(`process ${pid}${where} is at work on this very command, and on its output file`, {
    hint: "Wait for it, or name another output with -o.",
  });
}

function holderOf(columns: Columns): ProcessIdentity {
  const holder: unknown = JSON.parse(textIn(columns, "process"));
  if (typeof holder !== "object" || holder === null) throw new InternalError("a run in the ledger has no process");
  const { pid, host, startedAt } = holder as Partial<ProcessIdentity>;
  return { pid: pid ?? 0, host: host ?? "", startedAt: startedAt ?? "" };
}
