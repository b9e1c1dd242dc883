import { HaltError } from "../core/errors.ts";
import type { Failure, RequestRow } from "../core/records.ts";

/** Whether a row's failure ends the run. */
export type Halts = (failure: Failure) => boolean;

/**
 * The halt stage: a row that cannot be asked, and whose failure ends the run, ends it before anything behind it is
 * paid for. A row that fails later ends it in the write stage. A probe's row ends nothing.
 *
 * @throws {HaltError} naming the row
 */
export function createHalt(halts: Halts): (rows: readonly RequestRow[]) => readonly RequestRow[] {
  return (rows) => {
    for (const row of rows) {
      if ("failure" in row && row.row.isProbe !== true && halts(row.failure))
        throw new HaltError(row.row.position, row.failure);
    }
    return rows;
  };
}
