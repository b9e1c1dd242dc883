import { type Columns, numberIn, textIn } from "./columns.ts";
import type { RequestCounts } from "./inventory.ts";

/** What has become of requests, by run, state and code. Of the runs in a JSON array of numbers. */
export const REQUEST_COUNTS = `
  SELECT run, code, COUNT(*) AS count,
    CASE WHEN state = 'asked' AND chunk IN (SELECT id FROM chunks WHERE state = 'fetched') THEN 'collected' ELSE state END AS fate
  FROM requests WHERE run IN (SELECT value FROM json_each(?)) GROUP BY run, fate, code`;

const NONE: RequestCounts = { answered: 0, failed: {}, inFlight: 0, collected: 0, toAskAgain: 0, claimed: 0 };

/** Puts the rows of {@link REQUEST_COUNTS} into the shape of an inventory. */
export function countsByRun(runIds: readonly number[], rows: readonly Columns[]): ReadonlyMap<number, RequestCounts> {
  const counts = new Map(runIds.map((id) => [id, NONE]));
  for (const columns of rows) {
    const run = numberIn(columns, "run");
    counts.set(run, withRow(counts.get(run) ?? NONE, columns));
  }
  return counts;
}

function withRow(counts: RequestCounts, columns: Columns): RequestCounts {
  const count = numberIn(columns, "count");
  switch (textIn(columns, "fate")) {
    case "answered":
      return { ...counts, answered: counts.answered + count };
    case "failed":
      return { ...counts, failed: { ...counts.failed, [textIn(columns, "code")]: count } };
    case "asked":
      return { ...counts, inFlight: counts.inFlight + count };
    case "collected":
      return { ...counts, collected: counts.collected + count };
    case "unasked":
      return { ...counts, toAskAgain: counts.toAskAgain + count };
    default:
      return { ...counts, claimed: counts.claimed + count };
  }
}
