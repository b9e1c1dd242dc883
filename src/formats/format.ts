import type { AnsweredRow, Row } from "../core/records.ts";

/** What a decoder is told, beside the bytes. */
export interface DecodeOptions {
  /** The file's name as the user gave it, for positions and messages; `-` for stdin. */
  readonly file: string;
  /** A longer record is a bad row. Bytes of UTF-8. */
  readonly maxRecordBytes: number;
  /** Called once, as soon as the input's columns are known: a header was read, or a first good row. */
  readonly onColumns?: (columns: readonly string[]) => void;
  /** Called for each record that becomes a row, in order, before the row comes out. */
  readonly onRecord?: (span: Span) => void;
  /** Called for a table's header, before any row comes out. */
  readonly onHeader?: (span: Span) => void;
}

/** Where a record's bytes are in the input: from its first to behind its last, without the end of its line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What an encoder is told. */
export interface EncodeOptions {
  /** The input's own columns, in order; empty when no good row came. Only tables (CSV, TSV) need them. */
  readonly columns: readonly string[];
  /** The columns that answers and errors may add, flattened and in order, such as `grade.score`. Tables only. */
  readonly addedColumns: readonly string[];
  /** Those of them in which a text that could be read as nothing or as another value is written as JSON. */
  readonly mixedColumns?: ReadonlySet<string>;
}

/** Turns rows into bytes. Used once, front to back. */
export interface Encoder {
  /** What stands before the first row: a CSV header, a `[`, or nothing. */
  start(): string;
  /** Rows as text, each ended as the format wants it. */
  encode(rows: readonly AnsweredRow[]): string;
  /** What stands behind the last row. */
  end(): string;
}

/**
 * A file format: bytes to rows and back. Pure: no file system, no network.
 *
 * A decoder MUST turn a record it cannot read into a bad row and go on, MUST NOT hold more than one source chunk
 * and one record, and MUST give equal rows however the bytes are cut into chunks. It throws `InputDataError` only
 * when the input as a whole makes no sense (a duplicate header). An encoder MUST leave the row's own fields as
 * they were spelled.
 */
export interface Format {
  readonly name: string;
  /** File name extensions, without the dot. */
  readonly extensions: readonly string[];
  /** Whether rows share columns that are named once, ahead of the rows. */
  readonly isTable: boolean;
  /** How records stand in a file: each on lines of its own, or as elements of one JSON array. */
  readonly layout: "lines" | "array";
  /** @returns arrays of rows, see core/batches.ts for their size */
  decode(source: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncIterable<readonly Row[]>;
  createEncoder(options: EncodeOptions): Encoder;
}
