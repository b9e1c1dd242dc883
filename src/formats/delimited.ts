import { ArrayBuilder } from "../core/batches.ts";
import { InputDataError } from "../core/errors.ts";
import { type Fields, type GoodRow, type Position, RAW_LIMIT_BYTES, type Row } from "../core/records.ts";
import { ByteOrderMarkStripper, clipBytes } from "../core/utf8.ts";
import { CellCutter, type Cells } from "./delimited-cells.ts";
import { type DelimitedRecord, DelimitedRecordScanner } from "./delimited-records.ts";
import type { DecodeOptions, Format, Span } from "./format.ts";
import { TableEncoder } from "./table-encoder.ts";

/** What distinguishes the formats of delimited text. */
export interface Dialect {
  readonly name: string;
  readonly extensions: readonly string[];
  /** One ASCII character. */
  readonly delimiter: string;
}

/**
 * A format of delimited text with quotes after RFC 4180 and a header line: strict, cells stay strings, and a record
 * that does not fit the header is a bad row.
 */
export function defineDelimited({ name, extensions, delimiter }: Dialect): Format {
  return {
    name,
    extensions,
    isTable: true,
    layout: "lines",
    decode: (source, options) => decode(source, options, delimiter),
    createEncoder: (options) => new TableEncoder(options, delimiter),
  };
}

async function* decode(
  source: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
  delimiter: string,
): AsyncGenerator<readonly Row[]> {
  const mark = new ByteOrderMarkStripper();
  const scanner = new DelimitedRecordScanner(delimiter, options.maxRecordBytes);
  const reader = new RecordReader(options, delimiter, mark);
  for await (const chunk of mark.strip(source)) {
    const block = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (const records of scanner.push(block)) yield* reader.read(records);
  }
  for (const records of scanner.finish()) yield* reader.read(records);
}

/** Takes the first record as the header and turns the others into rows. */
class RecordReader {
  readonly #options: DecodeOptions;
  readonly #cutter: CellCutter;
  readonly #mark: ByteOrderMarkStripper;
  #shape: RowShape | undefined;

  constructor(options: DecodeOptions, delimiter: string, mark: ByteOrderMarkStripper) {
    this.#options = options;
    this.#cutter = new CellCutter(delimiter, options.maxRecordBytes);
    this.#mark = mark;
  }

  *read(records: readonly DelimitedRecord[]): Generator<readonly Row[]> {
    const rows = new ArrayBuilder<Row>();
    for (const [index, cells] of this.#cutter.cut(records).entries()) {
      const record = records[index];
      if (record === undefined) continue;
      if (this.#shape === undefined) this.#shape = this.#readHeader(record, cells);
      else {
        rows.add(this.#toRow(record, cells, this.#shape), record.bytes.length);
        this.#options.onRecord?.(this.#spanOf(record));
      }
      if (rows.isFull) yield rows.take();
    }
    if (!rows.isEmpty) yield rows.take();
  }

  #readHeader(record: DelimitedRecord, cells: Cells): RowShape {
    const { file, onColumns, onHeader } = this.#options;
    if ("problem" in cells) throw new InputDataError(`${file}:${record.line}: in the header: ${cells.problem}`);
    checkColumns(file, cells);
    onColumns?.(cells);
    onHeader?.(this.#spanOf(record));
    return new RowShape(cells);
  }

  #spanOf({ offset, length }: DelimitedRecord): Span {
    const start = this.#mark.length + offset;
    return { start, end: start + length };
  }

  #toRow(record: DelimitedRecord, cells: Cells, shape: RowShape): Row {
    const byteOffset = this.#mark.length + record.offset;
    const position = { file: this.#options.file, line: record.line, byteOffset };
    if ("problem" in cells) return badRow(record, position, cells.problem);
    if (cells.length === shape.columns.length) return shape.row(position, cells);
    return badRow(record, position, `expected ${shape.columns.length} cells, as in the header, found ${cells.length}`);
  }
}

/** Makes rows of cells. What does not depend on the cells is prepared once. */
class RowShape {
  readonly columns: readonly string[];
  readonly #prefixes: readonly string[];
  readonly #hasProto: boolean;

  constructor(columns: readonly string[]) {
    this.columns = columns;
    this.#prefixes = columns.map((name, index) => `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    this.#hasProto = columns.includes("__proto__");
  }

  row(position: Position, cells: readonly string[]): GoodRow {
    let text = "";
    for (let index = 0; index < cells.length; index++) text += this.#prefixes[index] + JSON.stringify(cells[index]);
    text += "}";
    return { kind: "row", position, text, fields: this.#hasProto ? (JSON.parse(text) as Fields) : this.#fields(cells) };
  }

  #fields(cells: readonly string[]): Fields {
    const fields: Record<string, string> = {};
    for (let index = 0; index < cells.length; index++) fields[this.columns[index] ?? ""] = cells[index] ?? "";
    return fields;
  }
}

function checkColumns(file: string, columns: readonly string[]): void {
  const repeated = repeatedNames(columns);
  if (repeated.length > 0) {
    const names = repeated.map((name) => JSON.stringify(name)).join(", ");
    throw new InputDataError(`${file}: the header names ${names} more than once`, {
      hint: "Give every column a name of its own.",
    });
  }
  const empty = columns.indexOf("");
  if (empty !== -1) {
    throw new InputDataError(`${file}: column ${empty + 1} of ${columns.length} has no name in the header`, {
      hint: "Name every column. Is the first line really a header?",
    });
  }
}

function repeatedNames(columns: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const repeated = columns.filter((name) => name !== "" && !isNew(seen, name));
  return [...new Set(repeated)];
}

function badRow(record: DelimitedRecord, position: Position, problem: string): Row {
  return {
    kind: "bad",
    position,
    message: `${position.file}:${position.line}: ${problem}`,
    raw: clipBytes(record.bytes, RAW_LIMIT_BYTES),
  };
}

function isNew(seen: Set<string>, name: string): boolean {
  const before = seen.size;
  return seen.add(name).size > before;
}
