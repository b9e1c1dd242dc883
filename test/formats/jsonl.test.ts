import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import ndjson from "ndjson";
import { describe, expect, test } from "vitest";
import { BYTES_PER_ARRAY, ROWS_PER_ARRAY } from "../../src/core/batches.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import { answered, chunkSizes, decodeAll, encodeAll, jsonObject, outline, textRow } from "./support.ts";

describe("reading jsonl", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n", "\n\n", " \t\n \r\n");

  test("gives what JSON.parse gives for each line, and its text as spelled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(jsonObject, lineEnd)), chunkSizes, async (lines, sizes) => {
        const texts = lines.map(([object]) => JSON.stringify(object));
        const { rows } = await decodeAll(jsonl, texts.map((text, index) => text + lines[index]?.[1]).join(""), sizes);
        expect(outline(rows)).toEqual(texts);
        expect(rows.map((row) => row.kind === "row" && JSON.stringify(row.fields))).toEqual(
          texts.map((text) => JSON.stringify(JSON.parse(text))),
        );
      }),
    );
  });

  test("agrees with ndjson where ndjson is right", async () => {
    const objects = [{ a: "\u2028" }, { b: [1, { c: "流" }] }, {}];
    const text = objects.map((object) => JSON.stringify(object)).join("\n");
    const theirs: unknown[] = [];
    await pipeline(Readable.from([Buffer.from(text)]), ndjson.parse(), async (parsed: AsyncIterable<unknown>) => {
      for await (const value of parsed) theirs.push(value);
    });
    const { rows } = await decodeAll(jsonl, text);
    expect(rows.map((row) => row.kind === "row" && row.fields)).toEqual(theirs);
  });

  test("keeps key order, numbers and escapes, and a position for each row", async () => {
    const lines = ['{"10":1.0, "2":12345678901234567890}', '{"__proto__":{"x":-0},"s":"\\u00e9 \u2028"}'];
    const { rows, columns } = await decodeAll(jsonl, `\uFEFF${lines[0]}\r\n\n  ${lines[1]}`);
    expect(outline(rows)).toEqual(lines);
    expect(rows.map(({ position }) => [position.line, position.byteOffset])).toEqual([
      [1, 3],
      [3, 3 + Buffer.byteLength(`${lines[0]}\r\n\n`)],
    ]);
    expect(columns).toEqual([["10", "2"]]);
  });

  test("a lone CR between tokens is white space, and does not stay in the line", async () => {
    expect(outline((await decodeAll(jsonl, '{"a":\r1.0,\t"b":" x"}\n')).rows)).toEqual(['{"a":1.0,"b":" x"}']);
  });

  test("what is no object is a bad row, and the next line is read", async () => {
    const { rows } = await decodeAll(
      jsonl,
      readFileSync(new URL("../../fixtures/rows/broken.jsonl", import.meta.url)),
      [5],
      { file: "broken.jsonl" },
    );
    expect(outline(rows)).toEqual([
      '{"id":1,"response":"good"}',
      'BAD broken.jsonl:2:1: expected a JSON object, found null, near "null"',
      'BAD broken.jsonl:3:1: expected a JSON object, found an array, near "[1, 2]"',
      'BAD broken.jsonl:4:3: expected a JSON object, found a number, near "  42"',
      'BAD broken.jsonl:6:14: not JSON: expected a value, near "{\\"response\\": oops}"',
      'BAD broken.jsonl:7:20: not JSON: unexpected text after the end, near "{\\"response\\":\\"two\\"} {}"',
      '{"id":8,"response":"good again"}',
      'BAD broken.jsonl:9:20: not JSON: a string is not closed, near "{\\"id\\":9,\\"response\\":\\"cut of"',
    ]);
  });

  test("a line over the limit is a bad row with both figures, clipped on a character border", async () => {
    const long = `{"a":"${"é".repeat(1000)}"}`;
    const { rows } = await decodeAll(jsonl, `${long}\n{"b":1}`, [64], { maxRecordBytes: 1500 });
    expect(outline(rows)).toEqual(["BAD in:1: the line is 2008 bytes long, more than the limit of 1500", '{"b":1}']);
    expect(rows[0]?.kind === "bad" && rows[0].raw).toBe(long.slice(0, 6 + 509));
  });

  test("invalid UTF-8 is a bad row, a real U+FFFD is not", async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe6, 0xb5]), Buffer.from('"}\n{"a":"\uFFFD"}')]);
    expect(outline((await decodeAll(jsonl, bytes)).rows)).toEqual([
      "BAD in:1: the text is not UTF-8",
      '{"a":"\uFFFD"}',
    ]);
  });

  test("nesting that would overflow the stack is a bad row", async () => {
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(outline((await decodeAll(jsonl, deep)).rows)).toEqual([
      "BAD in:1: values are nested deeper than 1000 levels",
    ]);
  });

  test("rows come in small arrays, by count and by bytes", async () => {
    const long = `{"a":"${"x".repeat(BYTES_PER_ARRAY / 2)}"}\n`;
    const text = Buffer.from('{"a":1}\n'.repeat(2 * ROWS_PER_ARRAY + 1) + long.repeat(3));
    const sizes: number[] = [];
    const options = { file: "in", maxRecordBytes: BYTES_PER_ARRAY };
    for await (const rows of jsonl.decode(Readable.from([text]), options)) sizes.push(rows.length);
    expect(sizes).toEqual([ROWS_PER_ARRAY, ROWS_PER_ARRAY, 3, 1]);
  });
});

describe("writing jsonl", () => {
  test("what was read is written as it was, with the added fields behind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonObject), async (objects) => {
        const text = objects.map((object) => `${JSON.stringify(object)}\n`).join("");
        const { rows } = await decodeAll(jsonl, text);
        expect(
          encodeAll(
            jsonl,
            rows.map((row) => answered(row)),
          ),
        ).toBe(text);
      }),
    );
    expect(encodeAll(jsonl, [answered(textRow('{"a": 1.0}'), { name: "grade", json: '"A"' })])).toBe(
      '{"a": 1.0,"grade":"A"}\n',
    );
  });
});
