import { ArrayBuilder } from "../core/batches.ts";
import { spliceFields } from "../core/json-text.ts";
import { splitLines } from "../core/lines.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { ByteOrderMarkStripper } from "../core/utf8.ts";
import type { DecodeOptions, Encoder, Format } from "./format.ts";
import { JsonRecordReader } from "./json-record.ts";

/** JSON Lines (also called NDJSON): one JSON object a line. */
export const jsonl: Format = {
  name: "jsonl",
  extensions: ["jsonl", "ndjson"],
  isTable: false,
  layout: "lines",
  decode,
  createEncoder: () => new JsonlEncoder(),
};

async function* decode(source: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<readonly Row[]> {
  const reader = new JsonRecordReader(options, "line");
  const mark = new ByteOrderMarkStripper();
  let lineNumber = 0;
  for await (const lines of splitLines(mark.strip(source), options.maxRecordBytes)) {
    const rows = new ArrayBuilder<Row>();
    for (const line of lines) {
      lineNumber++;
      if (line.length === 0) continue;
      const position = { file: options.file, line: lineNumber, byteOffset: mark.length + line.offset };
      const row = reader.read({ bytes: line.bytes, length: line.length, position });
      if (row === undefined) continue;
      options.onRecord?.({ start: position.byteOffset, end: position.byteOffset + line.length });
      rows.add(row, line.bytes.length);
      if (rows.isFull) yield rows.take();
    }
    if (!rows.isEmpty) yield rows.take();
  }
}

class JsonlEncoder implements Encoder {
  start(): string {
    return "";
  }

  encode(rows: readonly AnsweredRow[]): string {
    return rows.map((row) => `${outputObject(row)}\n`).join("");
  }

  end(): string {
    return "";
  }
}

/** An output row as a JSON object on one line; a bad row has no fields of its own. */
export function outputObject({ row, added }: AnsweredRow): string {
  return spliceFields(row.kind === "row" ? row.text : "{}", added);
}
