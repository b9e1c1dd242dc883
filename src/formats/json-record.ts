import { findJsonFault } from "../core/json-error.ts";
import { compact, isNestedTooDeep, MAX_NESTING, parseFields, topLevelEntries } from "../core/json-text.ts";
import { type BadRow, type Fields, type Position, RAW_LIMIT_BYTES, type Row } from "../core/records.ts";
import { clipBytes, decodeUtf8 } from "../core/utf8.ts";
import type { DecodeOptions } from "./format.ts";

/** The bytes of something that should be one JSON object. */
export interface JsonRecord {
  readonly bytes: Buffer;
  /** More than `bytes.length` when the record was too long to be held. */
  readonly length: number;
  readonly position: Position;
}

/** Turns the bytes of records into rows; what cannot be read becomes a bad row. */
export class JsonRecordReader {
  readonly #options: DecodeOptions;
  readonly #unit: "line" | "record";
  #areColumnsKnown = false;

  /** @param unit What `position.line` counts; messages name the fault by column in a line, or by byte of a record. */
  constructor(options: DecodeOptions, unit: "line" | "record") {
    this.#options = options;
    this.#unit = unit;
  }

  /** @returns undefined when there is nothing but white space */
  read(record: JsonRecord): Row | undefined {
    if (record.length > this.#options.maxRecordBytes) return this.bad(record, this.#tooLong(record.length));
    const text = decodeUtf8(record.bytes);
    if (text === undefined) return this.bad(record, "the text is not UTF-8");
    const trimmed = trimSpace(text);
    return trimmed === "" ? undefined : this.#parse(record, text, trimmed);
  }

  /** A bad row; `index` is where in the record's text the fault is. */
  bad(record: JsonRecord, problem: string, text = "", index?: number): BadRow {
    const snippet =
      index === undefined ? "" : `, near ${JSON.stringify(text.slice(Math.max(0, index - 20), index + 20))}`;
    return {
      kind: "bad",
      position: record.position,
      message: `${this.#place(record.position, text, index)}: ${problem}${snippet}`,
      raw: clipBytes(record.bytes, RAW_LIMIT_BYTES),
    };
  }

  #parse(record: JsonRecord, text: string, trimmed: string): Row {
    if (isNestedTooDeep(trimmed)) return this.bad(record, `values are nested deeper than ${MAX_NESTING} levels`);
    const fields = tryParse(trimmed);
    if (fields === undefined) {
      const fault = findJsonFault(text);
      return this.bad(record, `not JSON: ${fault?.message ?? "it cannot be parsed"}`, text, fault?.index);
    }
    if (!trimmed.startsWith("{")) {
      return this.bad(record, `expected a JSON object, found ${kindOf(fields)}`, text, text.indexOf(trimmed.charAt(0)));
    }
    // White space may be line breaks only here: inside a string they would not have parsed.
    const line = trimmed.includes("\n") || trimmed.includes("\r") ? compact(trimmed) : trimmed;
    if (!this.#areColumnsKnown) this.#tellColumns(line);
    return { kind: "row", position: record.position, text: line, fields };
  }

  #tellColumns(text: string): void {
    this.#areColumnsKnown = true;
    this.#options.onColumns?.([...new Set(topLevelEntries(text).map(([name]) => name))]);
  }

  #tooLong(length: number): string {
    return `the ${this.#unit} is ${length} bytes long, more than the limit of ${this.#options.maxRecordBytes}`;
  }

  #place(position: Position, text: string, index: number | undefined): string {
    if (this.#unit === "line") return `${position.file}:${position.line}${index === undefined ? "" : `:${index + 1}`}`;
    const byte = position.byteOffset + Buffer.byteLength(text.slice(0, index ?? 0));
    return `${position.file}: record ${position.line}, byte ${byte}`;
  }
}

function tryParse(text: string): Fields | undefined {
  try {
    return parseFields(text);
  } catch {
    return undefined;
  }
}

/** JSON's own white space only: `trim` would also take characters that JSON does not allow. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
