import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { numberIn, textIn } from "./columns.ts";
import type { ProbeAnswer, ProbePair, ProbeRun, Probes } from "./probes.ts";
import type { Transactions } from "./transactions.ts";

/** The ledger's tables of probes. */
export class SqliteProbes implements Probes {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #keep: StatementSync;
  readonly #answer: StatementSync;
  readonly #last: StatementSync;
  readonly #pairs: StatementSync;

  constructor(database: DatabaseSync, { transactions, clock }: ProbesNeeds) {
    this.#transactions = transactions;
    this.#clock = clock;
    this.#keep = database.prepare("INSERT OR IGNORE INTO probes (run, name, asked, asked_at) VALUES (?, ?, ?, ?)");
    this.#answer = database.prepare("INSERT OR REPLACE INTO probe_answers (run, row, answer) VALUES (?, ?, ?)");
    this.#last = database.prepare("SELECT * FROM probes WHERE name = ? AND run < ? ORDER BY run DESC LIMIT 1");
    this.#pairs = database.prepare(
      `SELECT b.answer AS before, n.answer AS now FROM probe_answers AS b JOIN probe_answers AS n ON n.row = b.row
       WHERE b.run = ? AND n.run = ? ORDER BY b.row`,
    );
  }

  keepProbe({ runId, name, asked }: Omit<ProbeRun, "at">, answers: readonly ProbeAnswer[]): void {
    this.#transactions.plain(() => {
      this.#keep.run(runId, name, asked, this.#clock.now());
      for (const { row, answer } of answers) this.#answer.run(runId, row, answer);
    });
  }

  lastProbe(name: string, beforeRunId: number): ProbeRun | undefined {
    const columns = this.#last.get(name, beforeRunId);
    if (columns === undefined) return undefined;
    const [runId, at] = [numberIn(columns, "run"), numberIn(columns, "asked_at")];
    return { runId, name, asked: textIn(columns, "asked"), at };
  }

  *probePairs(beforeRunId: number, runId: number): Generator<ProbePair> {
    for (const columns of this.#pairs.iterate(beforeRunId, runId)) {
      yield { before: textIn(columns, "before"), now: textIn(columns, "now") };
    }
  }
}

export interface ProbesNeeds {
  readonly transactions: Transactions;
  readonly clock: Clock;
}
