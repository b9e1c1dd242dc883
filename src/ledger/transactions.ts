import type { DatabaseSync } from "node:sqlite";
import { BgPipeError, messageOf, OutputError, systemCodeOf } from "../core/errors.ts";
import { type DurableStep, durableStep } from "../core/failpoints.ts";

/** Runs work inside transactions, and says how far a commit has to reach. */
export class Transactions {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Commits to the disk before it returns: for every step that precedes a call that may cost money. */
  durable<T>(step: DurableStep, work: () => T): T {
    this.#database.exec("PRAGMA synchronous = FULL");
    try {
      return this.relaxed(step, work);
    } finally {
      this.#database.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** Commits to the log; a power cut may undo the last ones, and they can be done over. */
  relaxed<T>(step: DurableStep, work: () => T): T {
    try {
      return durableStep(step, () => this.plain(work));
    } catch (error) {
      throw translate(error);
    }
  }

  /** For what may be lost without anybody missing it. */
  plain<T>(work: () => T): T {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw translate(error);
    }
  }
}

function translate(error: unknown): unknown {
  if (error instanceof BgPipeError) return error;
  if (!(error instanceof Error) || !("errcode" in error || DISK_ERRORS.has(systemCodeOf(error) ?? ""))) return error;
  return new OutputError("cannotWrite", `cannot write the ledger: ${messageOf(error)}`, {
    hint: "Make room on the disk of --state-dir, then run the same command again.",
    cause: error,
  });
}

const DISK_ERRORS: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);
