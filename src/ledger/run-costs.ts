import { type Columns, moneyIn, numberIn } from "./columns.ts";

/** What a run has cost so far, over all its executions, and what it is about to. Money is in pico-dollars. */
export interface RunCosts {
  readonly billed: bigint;
  /** What settled chunks were expected to cost. */
  readonly estimatedOfSettled: bigint;
  /** What those are expected to that are not settled. */
  readonly estimatedOfOpen: bigint;
  /** Whether every price is known. */
  readonly isPriced: boolean;
}

/** The provider never looked at its requests. */
export const TURNED_AWAY = `state = 'settled' AND mode = 'batch' AND billed = 0 AND (batch_id IS NULL OR
  batch_status = 'failed' AND output_file_id IS NULL AND error_file_id IS NULL)`;

/** Sums by run, of the runs in a JSON array of numbers. They are read as texts: they may be beyond what a double holds. */
export const RUN_COSTS = `
  SELECT run, CAST(SUM(cost) AS TEXT) AS cost, SUM(unpriced) + COUNT(*) - COUNT(estimated_cost) AS unpriced,
    CAST(COALESCE(SUM(CASE WHEN state = 'settled' THEN estimated_cost END), 0) AS TEXT) AS settled,
    CAST(COALESCE(SUM(CASE WHEN state <> 'settled' THEN estimated_cost END), 0) AS TEXT) AS open
  FROM chunks JOIN accounts ON chunk = id
  WHERE run IN (SELECT value FROM json_each(?)) AND NOT (${TURNED_AWAY}) GROUP BY run`;

/** Puts the rows of {@link RUN_COSTS} into the shape of an inventory. */
export function costsByRun(rows: readonly Columns[]): ReadonlyMap<number, RunCosts> {
  return new Map(rows.map((columns) => [numberIn(columns, "run"), costsIn(columns)]));
}

function costsIn(columns: Columns): RunCosts {
  return {
    billed: moneyIn(columns, "cost"),
    estimatedOfSettled: moneyIn(columns, "settled"),
    estimatedOfOpen: moneyIn(columns, "open"),
    isPriced: numberIn(columns, "unpriced") === 0,
  };
}
