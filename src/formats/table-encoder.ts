import { stringify } from "csv-stringify/sync";
import { InputDataError } from "../core/errors.ts";
import { compact, renderValue, topLevelEntries } from "../core/json-text.ts";
import type { AddedField, AnsweredRow } from "../core/records.ts";
import type { EncodeOptions, Encoder } from "./format.ts";

/** Text of cells by column name. */
type Cells = Map<string, string>;

/**
 * Writes rows as delimited text: LF, no byte order mark, quotes only where needed. The header holds the input's
 * columns, then the added ones; a row or an answer with a field that has no column cannot be written.
 *
 * @throws {InputDataError} from `encode`, naming the row and the field without a column.
 */
export class TableEncoder implements Encoder {
  readonly #columns: ReadonlySet<string>;
  readonly #addedColumns: ReadonlySet<string>;
  readonly #mixedColumns: ReadonlySet<string> | undefined;
  readonly #header: readonly string[];
  readonly #delimiter: string;
  #hasHeader = false;

  constructor({ columns, addedColumns, mixedColumns }: EncodeOptions, delimiter: string) {
    this.#columns = new Set(columns);
    this.#addedColumns = new Set(addedColumns);
    this.#mixedColumns = mixedColumns;
    this.#header = [...columns, ...addedColumns];
    this.#delimiter = delimiter;
  }

  /** Without columns of the input there may be no row at all; the header waits for one. */
  start(): string {
    return this.#columns.size === 0 ? "" : this.#headerOnce();
  }

  encode(rows: readonly AnsweredRow[]): string {
    if (rows.length === 0) return "";
    return this.#headerOnce() + this.#stringify(rows.map((row) => this.#record(row)));
  }

  end(): string {
    return "";
  }

  #headerOnce(): string {
    if (this.#hasHeader || this.#header.length === 0) return "";
    this.#hasHeader = true;
    return this.#stringify([this.#header]);
  }

  #record({ row, added }: AnsweredRow): string[] {
    const own: Cells = new Map(row.kind === "row" ? ownCells(row.text) : []);
    for (const name of own.keys()) if (!this.#columns.has(name)) throw noColumn(row, name);
    const answers: Cells = new Map();
    for (const field of added) this.#addAnswer(answers, row, field);
    return [...this.#columns]
      .map((name) => own.get(name) ?? "")
      .concat([...this.#addedColumns].map((name) => answers.get(name) ?? ""));
  }

  /** Puts an added field into the column of its name; else its properties into columns `name.property`, at any depth. */
  #addAnswer(answers: Cells, row: AnsweredRow["row"], field: AddedField): void {
    const { name, json, isDetail } = field;
    if (this.#addedColumns.has(name))
      answers.set(name, this.#mixedColumns?.has(name) === true ? mixedCellOf(json) : cellOf(json));
    else if (json.startsWith("{")) {
      for (const [property, value] of topLevelEntries(json)) {
        this.#addAnswer(answers, row, { ...field, name: `${name}.${property}`, json: value });
      }
    } else if (json !== "null" && !isDetail) throw noColumn(row, name);
  }

  #stringify(records: readonly (readonly string[])[]): string {
    return stringify(
      records.map((record) => [...record]),
      {
        delimiter: this.#delimiter,
        record_delimiter: "\n",
        // Off by default when a delimiter is given, and then a cell that ends in CR loses it in any reader.
        quote_record_delimiter: true,
        // A lone empty cell would be a blank line, which readers skip; a mark at the start would be stripped.
        quoted_empty: this.#header.length === 1,
        quoted_match: /^\uFEFF/,
      },
    );
  }
}

function ownCells(objectText: string): (readonly [string, string])[] {
  return topLevelEntries(objectText).map(([name, json]) => [name, cellOf(json)] as const);
}

/** A JSON value as a cell: strings as they are, numbers as spelled, arrays and objects as compact JSON. */
function cellOf(json: string): string {
  if (json.startsWith('"')) return renderValue(JSON.parse(json));
  return json === "null" ? "" : compact(json);
}

/** As {@link cellOf}, but a text that looks like nothing, or like another JSON value, stays in its quotes. */
function mixedCellOf(json: string): string {
  return json.startsWith('"') && LIKE_JSON.test(JSON.parse(json)) ? compact(json) : cellOf(json);
}

const LIKE_JSON = /^\s*(?:$|["[{]|-?\d|(?:null|true|false)\s*$)/;

function noColumn(row: AnsweredRow["row"], name: string): InputDataError {
  const { file, line } = row.position;
  return new InputDataError(`${file}:${line}: the field ${JSON.stringify(name)} has no column in the output table`, {
    hint: "Rows with differing fields do not fit a table; write jsonl instead (--output-format jsonl).",
  });
}
