import type { Row } from "../../core/records.ts";
import { JsonRecordReader } from "../../formats/json-record.ts";
import type { LineBlock } from "./line-blocks.ts";

const NEWLINE = 0x0a;

export interface BlockRowsOptions {
  /** The file's name, for messages. */
  readonly file: string;
  readonly maxRecordBytes: number;
}

/** The rows of a block of JSON Lines: those that the format's decoder makes of the same lines in their file. */
export function* rowsOfBlock(block: LineBlock, options: BlockRowsOptions): Generator<Row> {
  const reader = new JsonRecordReader(options, "line");
  for (const { bytes, length, line } of linesOf(block)) {
    if (length === 0) continue;
    const row = reader.read({ bytes, length, position: { file: options.file, line, byteOffset: 0 } });
    if (row !== undefined) yield row;
  }
}

function* linesOf({ bytes, firstLine, longLineBytes }: LineBlock) {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let line = firstLine;
  let start = 0;
  for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, start)) {
    yield { bytes: block.subarray(start, end), length: end - start, line: line++ };
    start = end + 1;
  }
  if (longLineBytes !== undefined) yield { bytes: block, length: longLineBytes, line };
  else if (start < block.length) yield { bytes: block.subarray(start), length: block.length - start, line };
}
