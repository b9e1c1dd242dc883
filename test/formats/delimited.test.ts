import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { ByteBuffer } from "../../src/core/byte-buffer.ts";
import { InputDataError } from "../../src/core/errors.ts";
import { csv } from "../../src/formats/csv.ts";
import { DelimitedRecordScanner } from "../../src/formats/delimited-records.ts";
import { tsv } from "../../src/formats/tsv.ts";
import { answered, awkwardString, chunkSizes, chunksOf, decodeAll, encodeAll, outline, textRow } from "./support.ts";

/** A table: a header of distinct names and rows of as many cells. */
const table = fc
  .uniqueArray(fc.oneof(awkwardString, fc.constantFrom("__proto__", "10", "2")), { minLength: 1, maxLength: 4 })
  .map((names) => names.map((name) => name || "name"))
  .filter((names) => new Set(names).size === names.length)
  .chain((names) =>
    fc.tuple(
      fc.constant(names),
      fc.array(fc.array(awkwardString, { minLength: names.length, maxLength: names.length })),
    ),
  );

const dialects = [
  [csv, ","],
  [tsv, "\t"],
] as const;

describe.each(dialects)("$name", (format, delimiter) => {
  test("gives the cells that csv-parse gives for the whole, in header order", async () => {
    const styles = fc.record({ record_delimiter: fc.constantFrom("\n", "\r\n"), quoted: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(table, styles, chunkSizes, async ([names, cells], style, sizes) => {
        const text = stringify([names, ...cells], {
          delimiter,
          quoted_empty: true,
          quote_record_delimiter: true,
          quoted_match: /^\uFEFF/,
          ...style,
        });
        const [header, ...expected] = parse(text, { delimiter });
        const { rows, columns } = await decodeAll(format, text, sizes);
        expect(columns).toEqual([header]);
        expect(rows.map((row) => row.kind === "row" && Object.keys(row.fields).length)).toEqual(
          expected.map((row) => row.length),
        );
        expect(outline(rows)).toEqual(expected.map((row) => objectText(names, row)));
      }),
    );
  });

  test("normalised text comes out byte for byte as it went in", async () => {
    await fc.assert(
      fc.asyncProperty(table, async ([names, cells]) => {
        const only = names.length === 1;
        const text = stringify([names, ...cells], {
          delimiter,
          quoted_empty: only,
          quote_record_delimiter: true,
          record_delimiter: "\n",
          quoted_match: /^\uFEFF/,
        });
        const { rows, columns } = await decodeAll(format, text);
        expect(
          encodeAll(
            format,
            rows.map((row) => answered(row)),
            columns[0],
          ),
        ).toBe(text);
      }),
    );
  });
});

describe("reading csv", () => {
  test("goes on behind records that are broken, and says where they begin", async () => {
    const text = readFileSync(new URL("../../fixtures/rows/broken.csv", import.meta.url));
    for (const sizes of [[1], [1 << 16]]) {
      const { rows } = await decodeAll(csv, text, sizes, { file: "broken.csv" });
      expect(outline(rows)).toEqual([
        '{"id":"007","response":"plain"}',
        "BAD broken.csv:3: expected 2 cells, as in the header, found 3",
        '{"id":"2","response":"two\\nlines, \\"quoted\\""}',
        "BAD broken.csv:7: a quoted cell goes on after its closing quote",
        "BAD broken.csv:8: a quote stands inside a cell that does not begin with one",
        "BAD broken.csv:9: a quoted cell that begins here is not closed properly",
        '{"id":"6","response":"after an open quote"}',
        '{"id":"7","response":"quoted"}',
        "BAD broken.csv:12: expected 2 cells, as in the header, found 1",
        "BAD broken.csv:13: a quoted cell that begins here is not closed properly",
        '{"id":"10","response":"the end"}',
      ]);
    }
  });

  test("keeps the offset of each record", async () => {
    const text = '\uFEFFa,b\r\n\r\n"x\ny",1\r\n"z",流\r\n5,"6';
    const { rows } = await decodeAll(csv, text, [2]);
    const bytes = Buffer.from(text);
    expect(
      rows.map(({ position }) => [position.line, bytes.toString("utf8", position.byteOffset).slice(0, 4)]),
    ).toEqual([
      [3, '"x\ny'],
      [5, '"z",'],
      [6, '5,"6'],
    ]);
  });

  test("a record over the limit is one bad row, also when its end is on a later line", async () => {
    const text = `a,b\n"${"x\n".repeat(100)}",1\n2,3\n`;
    const { rows } = await decodeAll(csv, text, [16], { maxRecordBytes: 50 });
    expect(outline(rows)).toEqual([
      "BAD in:2: the record is 204 bytes long, more than the limit of 50; is a quote not closed?",
      '{"a":"2","b":"3"}',
    ]);
    expect(rows.map((row) => row.position.line)).toEqual([2, 103]);
  });

  test("invalid UTF-8 is a bad row", async () => {
    const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0xff]), Buffer.from("\nok\n")]);
    expect(outline((await decodeAll(csv, bytes)).rows)).toEqual(["BAD in:2: the text is not UTF-8", '{"a":"ok"}']);
  });

  test.each([
    ["a,b,a,b\n1,2,3,4\n", 'in: the header names "a", "b" more than once'],
    ["a,,c\n", "in: column 2 of 3 has no name in the header"],
    ['a,"b"c\n', "in:1: in the header: a quoted cell goes on after its closing quote"],
  ])("refuses the header of %j", async (text, message) => {
    const reading = decodeAll(csv, text);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(InputDataError);
  });

  test("a header alone is no row, and its columns are known", async () => {
    expect(await decodeAll(csv, "a,b")).toEqual({ rows: [], columns: [["a", "b"]] });
  });

  test("a long rest behind an open quote comes out in small arrays", async () => {
    const text = Buffer.from(`a,b\nx,"open\n${'y,""\n'.repeat(50_000)}`);
    const counts: number[] = [];
    for await (const rows of csv.decode(chunksOf(text, [4096]), { file: "in", maxRecordBytes: 1 << 24 }))
      counts.push(rows.length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50_001);
    expect(Math.max(...counts)).toBeLessThanOrEqual(256);
  });
});

describe("the scanner of records", () => {
  const line = fc.constantFrom('"x', 'x,"open', '""', '"",""', '"""', 'a,"b"', "plain", 'st"ray', '"q"x', "", ",");

  test("holds no byte more than twice, whatever the quotes", () => {
    const held = vi.spyOn(ByteBuffer.prototype, "append");
    try {
      fc.assert(
        fc.property(fc.array(line, { maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (lines, size) => {
          held.mockClear();
          const text = Buffer.from(lines.join("\n"));
          const scanner = new DelimitedRecordScanner(",", 1 << 20);
          for (let start = 0; start < text.length; start += size)
            Array.from(scanner.push(text.subarray(start, start + size)));
          Array.from(scanner.finish());
          const heldBytes = held.mock.calls.reduce((sum, [piece]) => sum + piece.length, 0);
          expect(heldBytes).toBeLessThanOrEqual(2 * text.length);
        }),
        { numRuns: 500 },
      );
    } finally {
      held.mockRestore();
    }
  });

  test("gives every byte of the input to one record, in order", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.constantFrom(8, 1 << 20), (lines, maxBytes) => {
        const text = Buffer.from(lines.join("\n"));
        const scanner = new DelimitedRecordScanner(",", maxBytes);
        const records = [...scanner.push(text), ...scanner.finish()].flat();
        let end = 0;
        for (const { offset, length, bytes, line: lineNumber } of records) {
          expect(text.toString("utf8", end, offset)).toMatch(/^\n*$/);
          expect(bytes).toEqual(text.subarray(offset, offset + Math.min(length, maxBytes)));
          expect(lineNumber).toBe(text.toString("utf8", 0, offset).split("\n").length);
          end = offset + length;
        }
        expect(text.toString("utf8", end)).toMatch(/^\n*$/);
      }),
    );
  });
});

describe("writing tables", () => {
  const added = ["grade.score", "grade.why", "grade_error.code", "grade_error.message"];

  test("puts properties of added fields into their columns, and JSON into cells as text", () => {
    const row = textRow('{"n":1.0,"o":{"a": [1, 2]},"t":true,"z":null,"s":"a,b"}');
    const grade = { name: "grade", json: '{"score":5,"why":"say \\"x\\""}' };
    const failed = [
      { name: "grade", json: "null" },
      { name: "grade_error", json: '{"code":"refused","message":"no\\nmore"}' },
    ];
    expect(
      encodeAll(csv, [answered(row, grade), answered(textRow("{}"), ...failed)], ["n", "o", "t", "z", "s"], added),
    ).toBe(
      [
        "n,o,t,z,s,grade.score,grade.why,grade_error.code,grade_error.message",
        '1.0,"{""a"":[1,2]}",true,,"a,b",5,"say ""x""",,',
        ',,,,,,,refused,"no\nmore"',
        "",
      ].join("\n"),
    );
  });

  test("a plain column takes the answer as string or as JSON", () => {
    const rows = ['"good"', '{"score":5}', "null", "1.50"].map((json) =>
      answered(textRow('{"a":""}'), { name: "grade", json }),
    );
    expect(encodeAll(tsv, rows, ["a"], ["grade"])).toBe('a\tgrade\n\tgood\n\t"{""score"":5}"\n\t\n\t1.50\n');
  });

  test("a field or an answer without a column is an error that names it, not a loss", () => {
    const row = textRow('{"a":"1","extra":"2"}');
    expect(() => encodeAll(csv, [answered(row)], ["a"])).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('in:1: the field "extra"'),
        hint: expect.stringContaining("jsonl"),
      }),
    );
    const unforeseen = answered(textRow("{}"), { name: "grade", json: '{"score":1,"more":2}' });
    expect(() => encodeAll(csv, [unforeseen], [], added)).toThrow('the field "grade.more"');
    const text = answered(textRow("{}"), { name: "grade", json: '"text"' });
    expect(() => encodeAll(csv, [text], [], added)).toThrow('the field "grade"');
  });
});

function objectText(names: readonly string[], cells: readonly string[]): string {
  return `{${names.map((name, index) => `${JSON.stringify(name)}:${JSON.stringify(cells[index])}`).join(",")}}`;
}
