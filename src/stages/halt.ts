import { HaltError } from "../core/errors.ts";
import type { RequestRow } from "../core/records.ts";

/**
 * The halt stage, for `--on-error halt`: a row that cannot be asked ends the run before anything behind it is paid
 * for. A row that fails later ends it in the write stage.
 *
 * @throws {HaltError} naming the row
 */
export function createHalt(): (rows: readonly RequestRow[]) => readonly RequestRow[] {
  return (rows) => {
    for (const row of rows) if ("failure" in row) throw new HaltError(row.row.position, row.failure);
    return rows;
  };
}
