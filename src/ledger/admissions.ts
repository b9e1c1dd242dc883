import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { numberIn } from "./columns.ts";
import type { InFlight } from "./ledger.ts";
import type { Runs } from "./runs.ts";
import type { Transactions } from "./transactions.ts";

/** Limits grow with an account: after a day it is tried anew. */
const LIMIT_HOLDS_MS = 24 * 3_600_000;

/** What the ledger knows of how much the provider has been given, by all runs, and takes. */
export class Admissions {
  readonly #transactions: Transactions;
  readonly #runs: Runs;
  readonly #clock: Clock;
  readonly #inFlight: StatementSync;
  readonly #creations: StatementSync;
  readonly #learn: StatementSync;
  readonly #limit: StatementSync;

  constructor(database: DatabaseSync, { transactions, runs, clock }: AdmissionsNeeds) {
    this.#transactions = transactions;
    this.#runs = runs;
    this.#clock = clock;
    this.#inFlight = database.prepare(
      `SELECT run, COUNT(*) AS batches, SUM(tokens) AS tokens FROM chunks
       WHERE state IN ('creating', 'submitted') AND provider = ? AND model = ? AND run <> ? GROUP BY run`,
    );
    this.#creations = database.prepare(
      "SELECT created_at FROM creations WHERE created_at > ? AND provider = ? ORDER BY created_at",
    );
    this.#learn = database.prepare(
      `INSERT INTO token_limits (provider, model, tokens, learned_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (provider, model) DO UPDATE SET tokens = excluded.tokens, learned_at = excluded.learned_at`,
    );
    this.#limit = database.prepare(
      "SELECT tokens FROM token_limits WHERE provider = ? AND model = ? AND learned_at > ?",
    );
  }

  inFlightElsewhere(provider: string, model: string, runId: number): InFlight {
    const held = this.#inFlight.all(provider, model, runId).filter((row) => this.#runs.isHeld(numberIn(row, "run")));
    const sum = (name: string) => held.reduce((total, columns) => total + numberIn(columns, name), 0);
    return { batches: sum("batches"), tokens: sum("tokens") };
  }

  creationsSince(provider: string, time: number): readonly number[] {
    return this.#creations.all(time, provider).map((columns) => numberIn(columns, "created_at"));
  }

  learnTokenLimit(provider: string, model: string, tokens: number): void {
    this.#transactions.plain(() => this.#learn.run(provider, model, tokens, this.#clock.now()));
  }

  tokenLimit(provider: string, model: string): number | undefined {
    const columns = this.#limit.get(provider, model, this.#clock.now() - LIMIT_HOLDS_MS);
    return columns === undefined ? undefined : numberIn(columns, "tokens");
  }
}

export interface AdmissionsNeeds {
  readonly transactions: Transactions;
  readonly runs: Runs;
  readonly clock: Clock;
}
