import { Readable, Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertRows } from "../../src/pipelines/convert-rows.ts";

/** What stdout holds after a text on stdin was converted. */
async function converted(text: string, inputFormat: string, outputFormat: string): Promise<string> {
  const written: string[] = [];
  const stdout = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  });
  const settings = { inputs: [], inputFormat, outputFormat, maxRecordBytes: 1 << 20 };
  const stdin = Readable.from([Buffer.from(text)]);
  await convertRows(settings, { stdin, stdout, signal: new AbortController().signal });
  return written.join("");
}

const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 });
const tables = names.chain((columns) =>
  fc.array(fc.record(Object.fromEntries(columns.map((name) => [name, fc.string({ unit: "grapheme" })]))), {
    minLength: 1,
  }),
);

describe("rows that are converted", () => {
  test("to a table and back are the rows that they were", async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom("csv", "tsv"), async (rows, table) => {
        const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
        const there = await converted(lines, "jsonl", table);
        expect(await converted(there, table, "jsonl")).toBe(lines);
        expect(await converted(there, table, table)).toBe(there);
      }),
      { numRuns: 40 },
    );
  });

  test("to JSON and back are the same bytes", async () => {
    const values = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
    await fc.assert(
      fc.asyncProperty(values, async (rows) => {
        const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
        expect(await converted(await converted(lines, "jsonl", "json"), "json", "jsonl")).toBe(lines);
      }),
      { numRuns: 40 },
    );
  });

  test("keep numbers, escapes and the order of fields as they are spelled", async () => {
    const line = '{"b":1.0, "10":12345678901234567890,"__proto__":"\\u00e9","a":{"x": [1, 2]}}\n';
    expect(await converted(line, "jsonl", "jsonl")).toBe(line);
    expect(await converted(line, "jsonl", "csv")).toContain("1.0,12345678901234567890,é,");
  });
});
