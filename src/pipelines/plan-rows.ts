import type { RequestRow, Row } from "../core/records.ts";
import { SeenKeys } from "../ledger/seen-keys.ts";
import { Plan, type PlanOptions } from "../stages/plan.ts";
import type { Step } from "./answer-rows.ts";

export interface PlanRowsOptions extends Omit<PlanOptions, "seen"> {
  readonly rows: AsyncIterable<readonly Row[]>;
  readonly steps: Step<Row, RequestRow>;
}

/** What `--dry-run` does in the place of asking: reads, builds and counts everything, and sends nothing. */
export async function planRows({ rows, steps, ...options }: PlanRowsOptions): Promise<void> {
  const seen = new SeenKeys();
  try {
    const plan = new Plan({ ...options, seen });
    for await (const some of rows) plan.add(steps(some));
  } finally {
    seen.close();
  }
}
