import { parseFields, spliceFields } from "../../core/json-text.ts";
import type { AddedField, AnsweredRow, Failure, GoodRow, Position, Row } from "../../core/records.ts";
import { type Entry, objectText } from "../../core/respell.ts";

/** A row with other fields: the text of each value as it is. */
export function rowOf(row: GoodRow, entries: readonly Entry[]): GoodRow {
  return rowOfText(row, objectText(entries));
}

/** A row of another text. */
export function rowOfText<R extends GoodRow>(row: R, text: string): R {
  return text === row.text ? row : { ...row, text, fields: parseFields(text) };
}

/** A row with fields behind its own. */
export function withFields<R extends GoodRow>(row: R, added: readonly AddedField[]): R {
  return rowOfText(row, spliceFields(row.text, added));
}

/** A row that comes out of an asking step, as the next step takes it. */
export function rowAfterAsking({ row, added, failure }: AnsweredRow): Row {
  const text = spliceFields(row.kind === "row" ? row.text : "{}", added);
  const good = { kind: "row", position: row.position, text, fields: parseFields(text) } as const;
  return failure === undefined ? good : { ...good, failure };
}

/** A row as the output takes it. A record that could not be read, and that nothing was asked of, says so in `error`. */
export function answeredRowOf(row: Row): AnsweredRow {
  if (row.kind === "row")
    return row.failure === undefined ? { row, added: [] } : { row, added: [], failure: row.failure };
  const failure: Failure = { code: "bad_input", message: row.message };
  const json = JSON.stringify({ ...failure, line: row.position.line, raw: row.raw });
  return { row, failure, added: [{ name: "error", json, isDetail: true }] };
}

/** A row over which a step has failed: it says so in `error`, and goes to the end without another step. */
export function failedRowOf(row: GoodRow, failure: Failure): GoodRow {
  return { ...withFields(row, [{ name: "error", json: JSON.stringify(failure) }]), failure };
}

/** `file:line` of a row. */
export function placeOf({ file, line }: Position): string {
  return `${file}:${line}`;
}
