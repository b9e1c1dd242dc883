import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Failure } from "../core/records.ts";
import type { Accounts, Billed, ChunkAccount, RequestKind, RunTotals, Spent } from "./accounts.ts";
import { chunkOf } from "./chunk-columns.ts";
import { type Columns, found, moneyIn, numberIn, optionalTextIn } from "./columns.ts";
import type { NewChunk } from "./ledger.ts";
import { TURNED_AWAY } from "./run-costs.ts";
import type { Transactions } from "./transactions.ts";

export interface AccountsNeeds {
  readonly transactions: Transactions;
  readonly clock: Clock;
}

/** Sums of money are read as texts: they may be beyond what a double holds. */
const SPENT = `billed, unpriced, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
  CAST(cost AS TEXT) AS cost, CAST(estimated_cost AS TEXT) AS estimated_cost`;

/** What cannot be priced is not taken for free. */
const TAKEN = "CASE WHEN unpriced > 0 AND estimated_cost > cost THEN estimated_cost ELSE cost END";
const OUTPUT = "SELECT SUM(output_tokens) AS tokens, SUM(billed) AS billed FROM chunks JOIN accounts ON chunk = id";
/** Prompts change, and with them what is not counted: so many batches are looked at. */
const BATCHES_COMPARED = 20;
const OVERHEAD = `
  SELECT SUM(input_tokens - tokens + overhead_tokens) AS tokens, SUM(billed) AS billed FROM (
    SELECT * FROM chunks JOIN accounts ON chunk = id
    WHERE provider = ? AND endpoint = ? AND model = ? AND state = 'settled' AND billed = requests
    ORDER BY id DESC LIMIT ${BATCHES_COMPARED})`;

/** The ledger's books, in a table beside that of chunks. */
export class SqliteAccounts implements Accounts {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #open: StatementSync;
  readonly #book: StatementSync;
  readonly #totals: StatementSync;
  readonly #spent: StatementSync;
  readonly #output: StatementSync;
  readonly #outputOfRun: StatementSync;
  readonly #overhead: StatementSync;
  readonly #refuse: StatementSync;
  readonly #untold: StatementSync;
  readonly #tell: StatementSync;

  constructor(database: DatabaseSync, { transactions, clock }: AccountsNeeds) {
    this.#transactions = transactions;
    this.#clock = clock;
    this.#open = database.prepare(
      "INSERT INTO accounts (chunk, overhead_tokens, estimated_cost, api_key_id) VALUES (?, ?, ?, ?)",
    );
    this.#book = database.prepare(
      `UPDATE accounts SET billed = billed + 1, unpriced = unpriced + ?, input_tokens = input_tokens + ?,
       cached_tokens = cached_tokens + ?, output_tokens = output_tokens + ?, reasoning_tokens = reasoning_tokens + ?,
       cost = cost + ? WHERE chunk = ?`,
    );
    this.#totals = database.prepare(
      `SELECT CAST(COALESCE(SUM(CASE state WHEN 'settled' THEN ${TAKEN} END), 0) AS TEXT) AS cost,
       COALESCE(SUM(tokens), 0) AS tokens FROM chunks JOIN accounts ON chunk = id
       WHERE run = ? AND submitted_at IS NOT NULL AND NOT (${TURNED_AWAY})`,
    );
    this.#spent = database.prepare(`SELECT ${SPENT} FROM accounts WHERE chunk = ?`);
    this.#output = database.prepare(`${OUTPUT} WHERE provider = ? AND model = ?`);
    this.#outputOfRun = database.prepare(`${OUTPUT} WHERE run = ?`);
    this.#overhead = database.prepare(OVERHEAD);
    this.#refuse = database.prepare(
      `UPDATE requests SET state = 'failed', code = ?, message = ?,
       settled_at = CASE WHEN result_file IS NULL THEN ? ELSE settled_at END
       WHERE key = ? AND run = ? AND state IN ('claimed', 'unasked')`,
    );
    this.#untold = database.prepare(
      `SELECT chunks.*, ${SPENT}, api_key_id
       FROM accounts JOIN chunks ON chunk = id
       WHERE told_at IS NULL AND state = 'settled' AND (batch_id IS NOT NULL OR mode = 'live' AND submitted_at IS NOT NULL) ORDER BY id LIMIT ?`,
    );
    this.#tell = database.prepare("UPDATE accounts SET told_at = ? WHERE chunk = ?");
  }

  /** Within a transaction: opens a sealed chunk's account. */
  open(chunkId: number, { overheadTokens = 0, estimatedCost, apiKeyId }: NewChunk): void {
    this.#open.run(chunkId, overheadTokens, estimatedCost ?? null, apiKeyId ?? null);
  }

  /** Within a transaction: books a reply. */
  book(chunkId: number, { usage, cost }: Billed): void {
    const { input, cached, output, reasoning } = usage;
    this.#book.run(cost === undefined ? 1 : 0, input, cached, output, reasoning, cost ?? 0n, chunkId);
  }

  totalsOf(runId: number): RunTotals {
    const columns = found(this.#totals.get(runId), `sums of run ${runId}`);
    return { cost: moneyIn(columns, "cost"), tokens: numberIn(columns, "tokens") };
  }

  spentOn(chunkId: number): Spent {
    return spentIn(found(this.#spent.get(chunkId), `chunk ${chunkId}`));
  }

  meanOutput(provider: string, model: string): number | undefined {
    return meanIn(this.#output.get(provider, model));
  }

  meanOutputOf(runId: number): number | undefined {
    return meanIn(this.#outputOfRun.get(runId));
  }

  meanOverhead({ provider, endpoint, model }: RequestKind): number | undefined {
    return meanIn(this.#overhead.get(provider, endpoint, model));
  }

  refuse(keys: readonly string[], runId: number, { code, message }: Failure): void {
    this.#transactions.relaxed("requests.record", () => {
      for (const key of keys) this.#refuse.run(code, message, this.#clock.now(), key, runId);
    });
  }

  tell(limit: number, tell: (accounts: readonly ChunkAccount[]) => void): number {
    return this.#transactions.relaxed("usage.told", () => {
      const accounts = this.#untold.all(limit).map(accountOf);
      if (accounts.length > 0) tell(accounts);
      for (const { chunk } of accounts) this.#tell.run(this.#clock.now(), chunk.id);
      return accounts.length;
    });
  }
}

function meanIn(columns: Columns | undefined): number | undefined {
  if (columns === undefined || !columns["billed"]) return undefined;
  return numberIn(columns, "tokens") / numberIn(columns, "billed");
}

/** A chunk with its account, as they stand in one row. */
export function accountOf(columns: Columns): ChunkAccount {
  const chunk = chunkOf(columns);
  const apiKeyId = optionalTextIn(columns, "api_key_id") ?? undefined;
  return { chunk, spent: spentIn(columns), settledAt: chunk.changedAt, apiKeyId };
}

function spentIn(columns: Columns): Spent {
  const estimate = optionalTextIn(columns, "estimated_cost");
  return {
    requests: numberIn(columns, "billed"),
    unpriced: numberIn(columns, "unpriced"),
    usage: {
      input: numberIn(columns, "input_tokens"),
      cached: numberIn(columns, "cached_tokens"),
      output: numberIn(columns, "output_tokens"),
      reasoning: numberIn(columns, "reasoning_tokens"),
    },
    cost: moneyIn(columns, "cost"),
    estimatedCost: estimate === null ? undefined : BigInt(estimate),
  };
}
