import { InputDataError } from "../core/errors.ts";
import { topLevelEntries } from "../core/json-text.ts";
import type { AddedField, AnsweredRow } from "../core/records.ts";
import { objectText } from "../core/respell.ts";
import type { Encoder, Format } from "../formats/format.ts";
import type { FailedItem, Item, Notes } from "./flow.ts";
import { positionOf, spell } from "./origin.ts";

/** Rows that are held until the columns of a table are known. */
const MAX_HELD_ROWS = 10_000;

/** Turns items into the text of a file. */
export class RowEncoder {
  written = 0;
  failed = 0;
  readonly #format: Format;
  readonly #notes: Notes;
  readonly #columns: readonly string[] | undefined;
  #encoder: Encoder | undefined;
  #held: AnsweredRow[] = [];
  /** Whether there is a place for what is wrong with a record. */
  #hasErrors = true;

  /** @param columns Of a table, when they are known before the rows. */
  constructor(format: Format, notes: Notes, columns: readonly string[] | undefined) {
    this.#format = format;
    this.#notes = notes;
    this.#columns = columns;
  }

  /** @throws {InputDataError} for a row that the table has no place for */
  encode(items: readonly Item<object>[]): string {
    const rows = items.map((item) => ("value" in item ? this.#goodRow(item.value) : this.#failedRow(item)));
    if (this.#encoder !== undefined) return this.#encode(this.#encoder, rows);
    const columns = this.#columnsIn(rows);
    if (columns !== undefined) return this.#start(columns, rows, this.#addedColumns(items));
    this.#held.push(...rows);
    if (this.#held.length > MAX_HELD_ROWS) throw noColumns();
    return "";
  }

  /** What is left, and what stands behind the rows. */
  end(): string {
    const columns = this.#columns ?? this.#notes.columns ?? [];
    const start = this.#encoder === undefined ? this.#start(columns, [], this.#notes.addedColumns) : "";
    return start + (this.#encoder?.end() ?? "");
  }

  #start(columns: readonly string[], rows: readonly AnsweredRow[], addedColumns: readonly string[]): string {
    const encoder = this.#format.createEncoder({ columns, addedColumns });
    this.#encoder = encoder;
    this.#hasErrors = !this.#format.isTable || addedColumns.length > 0;
    const held = this.#held;
    this.#held = [];
    return encoder.start() + this.#encode(encoder, [...held, ...rows]);
  }

  #encode(encoder: Encoder, rows: readonly AnsweredRow[]): string {
    this.written += rows.length;
    const failed = rows.filter(({ failure }) => failure !== undefined);
    this.failed += failed.length;
    const homeless = this.#hasErrors ? undefined : failed.find(({ row }) => row.kind === "bad")?.failure;
    if (homeless !== undefined) throw new InputDataError(homeless.message, { hint: NO_ERROR_COLUMN });
    return encoder.encode(rows);
  }

  /** Undefined as long as no row has shown them. */
  #columnsIn(rows: readonly AnsweredRow[]): readonly string[] | undefined {
    if (!this.#format.isTable) return [];
    const first = rows.find(({ row }) => row.kind === "row")?.row;
    if (this.#columns !== undefined || first?.kind !== "row") return this.#columns;
    return topLevelEntries(first.text).map(([name]) => name);
  }

  /** Those of answers that the first row still has: a function may have left them out. */
  #addedColumns(items: readonly Item<object>[]): readonly string[] {
    const { addedColumns, answerFields } = this.#notes;
    const first = items.find((item) => "value" in item);
    if (first === undefined || !("value" in first)) return addedColumns;
    const gone = answerFields.filter((name) => !FIELDS.some((suffix) => Object.hasOwn(first.value, name + suffix)));
    const names = gone.flatMap((name) => FIELDS.map((suffix) => name + suffix));
    return addedColumns.filter((column) => !names.some((name) => column === name || column.startsWith(`${name}.`)));
  }

  #goodRow(value: object): AnsweredRow {
    const { added, text } = this.#split(spell(value));
    const failure = this.#failureIn(value);
    const row = { kind: "row", position: positionOf(value, this.written), text } as const;
    return failure ? { row, added, failure: HAS_ERROR } : { row, added };
  }

  /** Sets the fields of answers apart, which a table shows in columns of their own. */
  #split(text: string): { readonly text: string; readonly added: readonly AddedField[] } {
    const { answerFields } = this.#notes;
    if (!this.#format.isTable || answerFields.length === 0) return { text, added: [] };
    const details = new Set(answerFields.flatMap((name) => [`${name}_error`, `${name}_meta`]));
    const isAdded = (name: string) => details.has(name) || answerFields.includes(name);
    const entries = topLevelEntries(text);
    const rest = entries.filter(([name]) => !isAdded(name));
    const added = entries
      .filter(([name]) => isAdded(name))
      .map(([name, json]) => ({ name, json, ...(details.has(name) ? ({ isDetail: true } as const) : {}) }));
    return { text: objectText(rest), added };
  }

  #failureIn(value: object): boolean {
    return this.#notes.answerFields.some((name) => Object.hasOwn(value, `${name}_error`));
  }

  #failedRow({ row, failure, added }: FailedItem): AnsweredRow {
    if (added !== undefined) return { row, added, failure };
    if (this.#format.isTable) throw new InputDataError(failure.message, { hint: NO_ERROR_COLUMN });
    const details = row.kind === "bad" ? { ...failure, line: row.position.line, raw: row.raw } : failure;
    return { row, failure, added: [{ name: "error", json: JSON.stringify(details) }] };
  }
}

/** What an answer may fill, behind the name of its field. */
const FIELDS = ["", "_error", "_meta"];
const HAS_ERROR = { code: "rejected", message: "the row holds an error" } as const;
const NO_ERROR_COLUMN =
  "A table has no column for errors. Leave such rows out with readRows' onBadRow, or write jsonl.";

function noColumns(): InputDataError {
  return new InputDataError(`none of the first ${MAX_HELD_ROWS} rows can be read, so that a table has no columns`, {
    hint: "Is that the input's format? readRows' format names it; or give writeRows the columns.",
  });
}
