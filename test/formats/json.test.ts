import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { json } from "../../src/formats/json.ts";
import { JsonElementScanner } from "../../src/formats/json-elements.ts";
import { answered, chunkSizes, decodeAll, encodeAll, jsonObject, outline, textRow } from "./support.ts";

const CUT_OFF = "the JSON is not closed at the end of the input, which may be cut off";

async function outlineOf(text: string, sizes: readonly number[] = [3]): Promise<readonly string[]> {
  return outline((await decodeAll(json, text, sizes)).rows);
}

describe("reading json", () => {
  test("an array gives its elements, however it is laid out and cut", async () => {
    const layout = fc.constantFrom(undefined, 1, 2, "\t", " \r\n ");
    await fc.assert(
      fc.asyncProperty(fc.array(jsonObject), layout, chunkSizes, async (objects, space, sizes) => {
        const expected = objects.map((object) => JSON.stringify(object));
        expect(await outlineOf(JSON.stringify(objects, undefined, space), sizes)).toEqual(expected);
        const sequence = objects.map((object) => JSON.stringify(object, undefined, space)).join("\n");
        expect(await outlineOf(sequence, sizes)).toEqual(expected);
      }),
    );
  });

  test("keeps the spelling of numbers and the order of names when it puts an element on one line", async () => {
    const text = '\uFEFF [\n {\n  "10": 1.0,\n  "2": [12345678901234567890, -0] },{"a": 1e5}\n]\n';
    const { rows, columns } = await decodeAll(json, text, [1]);
    expect(outline(rows)).toEqual(['{"10":1.0,"2":[12345678901234567890,-0]}', '{"a": 1e5}']);
    expect(rows.map(({ position }) => [position.line, position.byteOffset])).toEqual([
      [1, 7],
      [2, text.indexOf('{"a"') + 2],
    ]);
    expect(columns).toEqual([["10", "2"]]);
  });

  test("an element that is no object, or is broken, is a bad row, and the next one is read", async () => {
    expect(await outlineOf('[{"a":1}, null, {"x":}, "]", {"b":[1}, {"c":2}, [{}] ]')).toEqual([
      '{"a":1}',
      'BAD in: record 2, byte 10: expected a JSON object, found null, near "null"',
      'BAD in: record 3, byte 21: not JSON: expected a value, near "{\\"x\\":}"',
      'BAD in: record 4, byte 24: expected a JSON object, found a string, near "\\"]\\""',
      'BAD in: record 5, byte 36: not JSON: expected \',\' or the closing bracket after the value, near "{\\"b\\":[1}"',
      '{"c":2}',
      'BAD in: record 7, byte 48: expected a JSON object, found an array, near "[{}]"',
    ]);
  });

  test.each([
    ['[{"a":1},{"b":', ['{"a":1}', `BAD in: record 2, byte 9: ${CUT_OFF}`]],
    ['[{"a":1}', ['{"a":1}', `BAD in: record 2, byte 8: ${CUT_OFF}`]],
    ['[{"a":1},', ['{"a":1}', `BAD in: record 2, byte 9: ${CUT_OFF}`]],
    ["[", [`BAD in: record 1, byte 1: ${CUT_OFF}`]],
    ['{"a":1', [`BAD in: record 1, byte 0: ${CUT_OFF}`]],
    ["[]", []],
    [" \n", []],
    ['[{"a":1},]', ['{"a":1}', "BAD in: record 2, byte 9: expected an element before this ',' or ']'"]],
    ['[{"a":1} {"b":2}]', ['{"a":1}', "BAD in: record 2, byte 9: expected ',' or ']' before this element"]],
    ['[{"a":1}] {"b":2},x', ['{"a":1}', "BAD in: record 2, byte 10: unexpected text after the end of the array"]],
  ])("%s", async (text, expected) => {
    expect(await outlineOf(text)).toEqual(expected);
    expect(await outlineOf(text, [100])).toEqual(expected);
  });

  test("prose is one bad row, not one a word", async () => {
    const rows = await outlineOf('<html> not found </html> {"a":1}');
    expect(rows).toHaveLength(2);
    expect(rows[1]).toBe('{"a":1}');
  });

  test("an element over the limit is passed over", async () => {
    const { rows } = await decodeAll(json, `[{"a":"${"x".repeat(500)}"},{"b":1}]`, [7], { maxRecordBytes: 100 });
    expect(outline(rows)).toEqual([
      "BAD in: record 1, byte 1: the record is 508 bytes long, more than the limit of 100",
      '{"b":1}',
    ]);
    expect(rows[0]?.kind === "bad" && rows[0].raw.length).toBe(100);
  });
});

describe("the scanner", () => {
  test("reads each byte of an element at most three times, whatever the input", () => {
    for (const text of [
      `[${"[".repeat(4000)}`,
      `["${"\\".repeat(4000)}`,
      `[${"{} ".repeat(2000)}`,
      '""'.repeat(2000),
    ]) {
      const bytes = Buffer.from(text);
      let reads = 0;
      const counted = new Proxy(bytes, {
        get(target, name) {
          if (typeof name === "string" && /^\d+$/.test(name)) reads++;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const scanner = new JsonElementScanner(1 << 20);
      scanner.push(counted);
      scanner.finish();
      expect(reads).toBeGreaterThanOrEqual(bytes.length - 2);
      expect(reads).toBeLessThanOrEqual(3 * bytes.length);
    }
  });
});

describe("writing json", () => {
  test("gives an array with a row on a line, which reads back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonObject), async (objects) => {
        const rows = objects.map((object) => answered(textRow(JSON.stringify(object))));
        const text = encodeAll(json, rows);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(JSON.stringify(objects))));
        expect(outline((await decodeAll(json, text)).rows)).toEqual(objects.map((object) => JSON.stringify(object)));
      }),
    );
  });

  test("looks like this", () => {
    const row = textRow('{"a": 1.0}');
    expect(encodeAll(json, [answered(row), answered(row, { name: "grade", json: "null" })], [], [], 1)).toBe(
      '[\n{"a": 1.0},\n{"a": 1.0,"grade":null}\n]\n',
    );
    expect(encodeAll(json, [])).toBe("[\n]\n");
  });
});
