import { InputDataError, UsageError } from "../core/errors.ts";
import type { GoodRow, Row } from "../core/records.ts";
import type { EncodeOptions } from "../formats/format.ts";

export interface GuardOptions {
  /** Names of the fields that will be added to each row. */
  readonly addedFields: readonly string[];
  /** The columns of the table that will be written; undefined when the output is no table. */
  readonly columns: (() => readonly string[] | undefined) | undefined;
}

/**
 * The guard stage: stops a run before anything is paid for whose output could not be written. Rows pass unchanged.
 *
 * @throws {UsageError} when a row has a field of the answer's name
 * @throws {InputDataError} when a row has a field that the output table has no column for
 */
export function createGuard({ addedFields, columns }: GuardOptions): (rows: readonly Row[]) => readonly Row[] {
  return (rows) => {
    const known = columns?.();
    const names = known === undefined ? undefined : new Set(known);
    for (const row of rows) {
      if (row.kind === "bad") continue;
      refuseClash(row, addedFields);
      if (names !== undefined) refuseNewColumn(row, names);
    }
    return rows;
  };
}

/** @throws {UsageError} when the input has a column of the name of one that will be added */
export function refuseColumnClash({ columns, addedColumns }: EncodeOptions): void {
  const clash = addedColumns.find((name) => columns.includes(name));
  if (clash !== undefined) throw new UsageError(`the input already has a column "${clash}"`, { hint: CLASH_HINT });
}

const CLASH_HINT = "Give the answer another name with --output-field NAME.";

function refuseClash(row: GoodRow, addedFields: readonly string[]): void {
  const clash = addedFields.find((name) => Object.hasOwn(row.fields, name));
  if (clash === undefined) return;
  throw new UsageError(`${placeOf(row)}: the row already has a field "${clash}", which the answer would take`, {
    hint: CLASH_HINT,
  });
}

function refuseNewColumn(row: GoodRow, names: ReadonlySet<string>): void {
  const stranger = Object.keys(row.fields).find((name) => !names.has(name));
  if (stranger === undefined) return;
  throw new InputDataError(`${placeOf(row)}: the field "${stranger}" is not among the columns of the first row`, {
    hint: "A table has the same columns in every row; write --output-format jsonl instead.",
  });
}

function placeOf({ position }: GoodRow): string {
  return `${position.file}:${position.line}`;
}
