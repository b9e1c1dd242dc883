import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RAW_LIMIT_BYTES, type Row } from "../../src/core/records.ts";
import type { Format } from "../../src/formats/format.ts";
import { answered, chunkSizes, decodeAll, encodeAll, textRow } from "./support.ts";

/** Fragments that, in any order, reach every branch of every decoder. */
const fragment = fc.oneof(
  fc.constantFrom(
    '"',
    '""',
    ",",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "{",
    "}",
    "[",
    "]",
    ":",
    "\\",
    "null",
    "1.0",
    '{"a":1}',
    '{"a":"流\u2028","b":[1, 2.50]}',
    "\uFEFF",
    "a,b",
    "x\ty",
    " ",
  ),
  fc.string({ unit: "grapheme", maxLength: 3 }),
);

/** Any bytes, mostly text: a header that tables accept, then anything. */
const anyInput = fc
  .tuple(
    fc.constantFrom("", "a,b\n", "a\tb\n", "[", '[{"a":1},'),
    fc.array(fragment, { maxLength: 30 }),
    fc.uint8Array({ maxLength: 3 }),
  )
  .map(([start, fragments, tail]) => Buffer.concat([Buffer.from(start + fragments.join("")), tail]));

/** What every format promises, see `Format`. */
export function formatContract(format: Format): void {
  describe(`${format.name}: the contract of a format`, () => {
    test("gives equal rows however the bytes are cut", async () => {
      await fc.assert(
        fc.asyncProperty(anyInput, chunkSizes, async (input, sizes) => {
          const whole = await outcome(format, input, [input.length + 1]);
          expect(await outcome(format, input, sizes)).toEqual(whole);
          expect(await outcome(format, input, [1])).toEqual(whole);
        }),
        { numRuns: 300 },
      );
    });

    test("rows are whole: one line of JSON that parses, bad ones short, positions in order and inside the input", async () => {
      await fc.assert(
        fc.asyncProperty(anyInput, chunkSizes, async (input, sizes) => {
          const { rows } = await outcome(format, input, sizes);
          for (const row of rows) checkRow(row);
          const offsets = rows.map((row) => row.position.byteOffset);
          expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
          expect(offsets.every((offset) => offset <= input.length)).toBe(true);
        }),
        { numRuns: 300 },
      );
    });

    test("tells the columns once at most, before the first good row is seen", async () => {
      await fc.assert(
        fc.asyncProperty(anyInput, async (input) => {
          const { rows, columns } = await outcome(format, input, [7]);
          const [first] = rows.filter((row) => row.kind === "row");
          expect(columns.length).toBeLessThanOrEqual(1);
          if (first !== undefined)
            expect(columns[0]).toEqual([...new Set(Object.keys(first.fields))].sort(byOrderOf(columns[0])));
        }),
      );
    });

    test("closes the source when the consumer stops early, and when it fails", async () => {
      let closed = 0;
      async function* source() {
        try {
          yield Buffer.from(format.isTable ? "a\n" : encodeAll(format, [answered(textRow('{"a":1}'))]).slice(0, -1));
          for (;;) yield Buffer.from("\nx\n");
        } finally {
          closed++;
        }
      }
      for await (const _rows of format.decode(source(), { file: "in", maxRecordBytes: 100 })) break;
      const failing = async () => {
        for await (const _rows of format.decode(source(), { file: "in", maxRecordBytes: 100 }))
          throw new Error("consumer");
      };
      await expect(failing()).rejects.toThrow("consumer");
      expect(closed).toBe(2);
    });

    test("writes nothing but its frame for no rows, and reads that back as no rows", async () => {
      const { rows } = await decodeAll(format, encodeAll(format, [], ["a"], ["grade"]));
      expect(rows).toEqual([]);
      expect((await decodeAll(format, "")).rows).toEqual([]);
    });

    test("a bad row has no fields of its own on its way out", async () => {
      const bad: Row = { kind: "bad", position: { file: "in", line: 3, byteOffset: 0 }, message: "no", raw: "x" };
      const added = { name: "grade_error", json: '{"code":"bad_input","message":"no"}' };
      const text = encodeAll(format, [answered(bad, { name: "grade", json: "null" }, added)], [], ADDED_COLUMNS);
      const { rows } = await decodeAll(format, text);
      const expected = format.isTable
        ? { grade: "", "grade_error.code": "bad_input", "grade_error.message": "no" }
        : { grade: null, grade_error: { code: "bad_input", message: "no" } };
      expect(rows.map((row) => (row.kind === "row" ? row.fields : row.message))).toEqual([expected]);
    });
  });
}

const ADDED_COLUMNS = ["grade", "grade_error.code", "grade_error.message"];

interface Outcome {
  readonly rows: readonly Row[];
  readonly columns: readonly (readonly string[])[];
  readonly error?: string;
}

async function outcome(format: Format, input: Uint8Array, sizes: readonly number[]): Promise<Outcome> {
  try {
    return await decodeAll(format, input, sizes, { maxRecordBytes: 40 });
  } catch (error) {
    return { rows: [], columns: [], error: String(error) };
  }
}

function checkRow(row: Row): void {
  if (row.kind === "bad") {
    expect(Buffer.byteLength(row.raw)).toBeLessThanOrEqual(RAW_LIMIT_BYTES);
    expect(row.message).toMatch(/^in:/);
    return;
  }
  expect(row.text).not.toMatch(/[\n\r]/);
  expect(row.text).toMatch(/^\{.*\}$/su);
  expect(JSON.parse(JSON.stringify(row.fields))).toEqual(JSON.parse(row.text));
}

function byOrderOf(columns: readonly string[] | undefined): (a: string, b: string) => number {
  return (a, b) => (columns?.indexOf(a) ?? 0) - (columns?.indexOf(b) ?? 0);
}
