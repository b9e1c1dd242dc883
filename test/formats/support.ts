import fc from "fast-check";
import type { AddedField, AnsweredRow, Row } from "../../src/core/records.ts";
import type { DecodeOptions, Format } from "../../src/formats/format.ts";

/** Cuts bytes into chunks of these sizes in turn; empty chunks may come too, as they do from real streams. */
export async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.slice(start, start + size);
    start += size;
  }
}

/** At least one size that is not 0, so that the cutting comes to an end. */
export const chunkSizes = fc
  .array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 })
  .map((sizes) => (sizes.some((size) => size > 0) ? sizes : [...sizes, 1]));

export interface Decoded {
  readonly rows: readonly Row[];
  readonly columns: readonly (readonly string[])[];
}

/** All rows of an input that comes in chunks of these sizes. */
export async function decodeAll(
  format: Format,
  input: string | Uint8Array,
  sizes: readonly number[] = [1 << 20],
  options: Partial<DecodeOptions> = {},
): Promise<Decoded> {
  const rows: Row[] = [];
  const columns: (readonly string[])[] = [];
  const onColumns = (names: readonly string[]) => void columns.push(names);
  const source = chunksOf(Buffer.from(input), sizes);
  for await (const some of format.decode(source, { file: "in", maxRecordBytes: 1 << 20, onColumns, ...options })) {
    rows.push(...some);
  }
  return { rows, columns };
}

/** The texts of good rows and, in their places, the messages of bad ones. */
export function outline(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => (row.kind === "row" ? row.text : `BAD ${row.message}`));
}

/** A row on its way out with nothing, or something, added. */
export function answered(row: AnsweredRow["row"], ...added: readonly AddedField[]): AnsweredRow {
  return { row, added };
}

/** A good row of this text. */
export function textRow(text: string): AnsweredRow["row"] {
  return { kind: "row", position: { file: "in", line: 1, byteOffset: 0 }, text };
}

/** What an encoder writes for these rows, in arrays of that many. */
export function encodeAll(
  format: Format,
  rows: readonly AnsweredRow[],
  columns: readonly string[] = [],
  addedColumns: readonly string[] = [],
  rowsPerArray = 2,
): string {
  const encoder = format.createEncoder({ columns, addedColumns });
  let text = encoder.start();
  for (let index = 0; index < rows.length; index += rowsPerArray) {
    text += encoder.encode(rows.slice(index, index + rowsPerArray));
  }
  return text + encoder.end();
}

/** Strings with everything in them that formats stumble over. */
export const awkwardString = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      "\\",
      "\n",
      "\r",
      ",",
      "\t",
      "{",
      "}",
      "[",
      "]",
      ":",
      " ",
      "\u2028",
      "\uFEFF",
      "é",
      "流",
      "😀",
      "x",
    ),
  }),
);

/** Objects with awkward names and nested values. */
export const jsonObject = fc.dictionary(
  fc.oneof(awkwardString, fc.constantFrom("__proto__", "10", "2", "constructor")),
  fc.oneof(awkwardString, fc.jsonValue({ maxDepth: 3 })),
  { maxKeys: 5 },
);
