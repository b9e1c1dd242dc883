import { ArrayBuilder } from "../core/batches.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { ByteOrderMarkStripper } from "../core/utf8.ts";
import type { DecodeOptions, Encoder, Format } from "./format.ts";
import { type JsonElement, JsonElementScanner } from "./json-elements.ts";
import { JsonRecordReader } from "./json-record.ts";
import { outputObject } from "./jsonl.ts";

/** One JSON document: an array of objects of any size, a single object, or objects one after the other. */
export const json: Format = {
  name: "json",
  extensions: ["json"],
  isTable: false,
  layout: "array",
  decode,
  createEncoder: () => new JsonEncoder(),
};

async function* decode(source: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<readonly Row[]> {
  const mark = new ByteOrderMarkStripper();
  const scanner = new JsonElementScanner(options.maxRecordBytes);
  const reader = new ElementReader(options, mark);
  for await (const block of mark.strip(source)) yield* reader.read(scanner.push(block));
  yield* reader.read(scanner.finish());
}

/** Turns elements into rows, numbered from 1. */
class ElementReader {
  readonly #options: DecodeOptions;
  readonly #mark: ByteOrderMarkStripper;
  readonly #reader: JsonRecordReader;
  #count = 0;

  constructor(options: DecodeOptions, mark: ByteOrderMarkStripper) {
    this.#options = options;
    this.#mark = mark;
    this.#reader = new JsonRecordReader(options, "record");
  }

  *read(elements: readonly JsonElement[]): Generator<readonly Row[]> {
    const rows = new ArrayBuilder<Row>();
    for (const element of elements) {
      const row = this.#toRow(element);
      if (row === undefined) continue;
      const start = row.position.byteOffset;
      this.#options.onRecord?.({ start, end: start + element.length });
      rows.add(row, element.bytes.length);
      if (rows.isFull) yield rows.take();
    }
    if (!rows.isEmpty) yield rows.take();
  }

  #toRow({ bytes, length, offset, problem }: JsonElement): Row | undefined {
    const position = { file: this.#options.file, line: ++this.#count, byteOffset: this.#mark.length + offset };
    const record = { bytes, length, position };
    return problem === undefined ? this.#reader.read(record) : this.#reader.bad(record, problem);
  }
}

/** Writes an array with one row on a line. */
class JsonEncoder implements Encoder {
  #separator = "\n";

  start(): string {
    return "[";
  }

  encode(rows: readonly AnsweredRow[]): string {
    if (rows.length === 0) return "";
    const text = this.#separator + rows.map(outputObject).join(",\n");
    this.#separator = ",\n";
    return text;
  }

  end(): string {
    return "\n]\n";
  }
}
