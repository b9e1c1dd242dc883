import type { Counters } from "../core/counters.ts";
import { EXIT, InternalError } from "../core/errors.ts";

/** The status of a run that has come to its end. */
export function exitStatusOf({ rowsFailed, rowsFailedTotal }: Counters): number {
  if (rowsFailed.has("budget_exceeded")) return EXIT.stopped;
  return rowsFailedTotal === 0 ? EXIT.ok : EXIT.rowsFailed;
}

/**
 * One row in, one row out.
 *
 * @param rowsMerged Rows that are in the output with another, by intent.
 * @throws {InternalError} when the numbers do not agree
 */
export function checkNoRowIsLost({ rowsRead, rowsWritten, rowsSkipped }: Counters, rowsMerged = 0): void {
  if (rowsRead === rowsWritten + rowsSkipped + rowsMerged) return;
  throw new InternalError(`${rowsRead} rows were read, but ${rowsWritten} written and ${rowsSkipped} skipped`);
}
