import assert from "node:assert/strict";
import { type AnsweredRow, RAW_LIMIT_BYTES, type Row } from "../core/records.ts";
import type { DecodeOptions, Format } from "../formats/format.ts";
import type { ConformanceCase } from "./conformance.ts";

/** A format, and texts in it. */
export interface FormatConformance {
  readonly format: Format;
  /**
   * Files in the format, whole ones and broken ones: quotes, line ends, byte order marks, what its records can hold.
   * At least one has two good records.
   */
  readonly samples: readonly (string | Uint8Array)[];
}

/**
 * What every format has to do: the same rows however the bytes are cut, bad records as bad rows, positions in order, the
 * row's own text when it is written and read back, and an open file let go of.
 */
export function formatCases({ format, samples }: FormatConformance): readonly ConformanceCase[] {
  const inputs = samples.map((sample) => Buffer.from(sample));
  const each = (check: (input: Buffer) => Promise<void>) => async () => {
    for (const input of inputs) await check(input);
  };
  return [
    { name: "gives equal rows however the bytes are cut", run: each((input) => checkCuts(format, input)) },
    { name: "gives rows that are whole, in order and in their place", run: each((input) => checkRows(format, input)) },
    { name: "tells the columns once, and before the first row", run: each((input) => checkColumns(format, input)) },
    { name: "reads what it writes, field by field", run: each((input) => checkRoundTrip(format, input)) },
    { name: "makes a record over the limit a bad row", run: () => checkLimit(format, inputs) },
    { name: "gives no rows for no bytes", run: () => checkNothing(format) },
    { name: "closes its source when the reader stops early", run: () => checkEarlyEnd(format, inputs) },
  ];
}

const FILE = "in";

async function checkCuts(format: Format, input: Buffer): Promise<void> {
  const whole = await outcome(format, input, input.length + 1);
  for (const size of [1, 2, 3, 7, 64]) assert.deepEqual(await outcome(format, input, size), whole, `cut every ${size}`);
}

async function checkRows(format: Format, input: Buffer): Promise<void> {
  const { rows } = await outcome(format, input, 16);
  let last = -1;
  for (const row of rows) {
    const { byteOffset, file, line } = row.position;
    assert.ok(byteOffset >= last && byteOffset <= input.length, `a row is at byte ${byteOffset} behind ${last}`);
    assert.ok(file === FILE && line >= 1, `a row is at ${file}:${line}`);
    last = byteOffset;
    if (row.kind === "bad") assert.ok(Buffer.byteLength(row.raw) <= RAW_LIMIT_BYTES, "a bad row's text is not clipped");
    else checkText(row);
  }
}

function checkText(row: Row & { kind: "row" }): void {
  assert.match(row.text, /^\{[^\n\r]*\}$/u);
  assert.deepEqual(JSON.parse(JSON.stringify(row.fields)), JSON.parse(row.text));
}

async function checkColumns(format: Format, input: Buffer): Promise<void> {
  const { rows, columns } = await outcome(format, input, 5);
  const first = rows.find((row) => row.kind === "row");
  assert.ok(columns.length <= 1, "the columns are told more than once");
  if (first === undefined) return;
  assert.deepEqual([...(columns[0] ?? [])].sort(), Object.keys(first.fields).sort());
}

async function checkRoundTrip(format: Format, input: Buffer): Promise<void> {
  const { rows, columns } = await outcome(format, input, input.length + 1);
  const names = columns[0] ?? [];
  const isWritable = (row: Row) => row.kind === "row" && (!format.isTable || hasOnly(row, names));
  const good = rows.filter(isWritable).map((row): AnsweredRow => ({ row, added: [] }));
  const encoder = format.createEncoder({ columns: names, addedColumns: [] });
  const text = encoder.start() + encoder.encode(good) + encoder.end();
  const back = await outcome(format, Buffer.from(text), 16);
  assert.deepEqual(
    back.rows.map(fieldsOf),
    good.map(({ row }) => fieldsOf(row as Row)),
  );
}

function hasOnly({ fields }: Row & { kind: "row" }, names: readonly string[]): boolean {
  return Object.keys(fields).every((name) => names.includes(name));
}

function fieldsOf(row: Row): unknown {
  return row.kind === "row" ? JSON.parse(row.text) : row.message;
}

async function checkLimit(format: Format, inputs: readonly Buffer[]): Promise<void> {
  for (const input of inputs) {
    const all = await outcome(format, input, 16);
    const few = await outcome(format, input, 16, { maxRecordBytes: 1 });
    if (all.error !== undefined || few.error !== undefined) continue;
    assert.deepEqual(
      few.rows.filter(({ kind }) => kind === "row"),
      [],
    );
    if (all.rows.some(({ kind }) => kind === "row")) assert.ok(few.rows.length > 0, "a long record is not told of");
  }
}

async function checkNothing(format: Format): Promise<void> {
  assert.deepEqual((await outcome(format, Buffer.alloc(0), 1)).rows, []);
}

async function checkEarlyEnd(format: Format, inputs: readonly Buffer[]): Promise<void> {
  for (const input of inputs) {
    let isOpen = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      isOpen = true;
      try {
        yield* piecesOf(input, 8);
      } finally {
        isOpen = false;
      }
    }
    try {
      for await (const _ of format.decode(source(), { file: FILE, maxRecordBytes: MAX_BYTES })) break;
    } catch {
      // An input that makes no sense as a whole; the source is to be closed after that, too.
    }
    assert.equal(isOpen, false, "the source is still open");
  }
}

const MAX_BYTES = 1 << 20;

interface Outcome {
  readonly rows: readonly Row[];
  readonly columns: readonly (readonly string[])[];
  readonly error?: string;
}

async function outcome(
  format: Format,
  input: Buffer,
  size: number,
  options: Partial<DecodeOptions> = {},
): Promise<Outcome> {
  const rows: Row[] = [];
  const columns: (readonly string[])[] = [];
  const onColumns = (names: readonly string[]) => void columns.push(names);
  const how = { file: FILE, maxRecordBytes: MAX_BYTES, onColumns, ...options };
  try {
    for await (const some of format.decode(piecesOf(input, size), how)) rows.push(...some);
    return { rows, columns };
  } catch (error) {
    return { rows: [], columns: [], error: String(error) };
  }
}

async function* piecesOf(input: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < input.length; start += size) yield input.subarray(start, start + size);
}
