import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compact,
  isNestedTooDeep,
  MAX_NESTING,
  parseFields,
  renderValue,
  spliceFields,
  topLevelEntries,
} from "../../src/core/json-text.ts";
import { jsonObject } from "../formats/support.ts";

const indent = fc.constantFrom(undefined, 1, "\t", " \r ");

function spell(value: unknown, space: string | number | undefined): string {
  return JSON.stringify(value, undefined, space);
}

describe("topLevelEntries", () => {
  test("gives names and values of any object, with any white space", () => {
    fc.assert(
      fc.property(jsonObject, indent, (object, space) => {
        const entries = topLevelEntries(spell(object, space)).map(([name, text]) => [name, JSON.parse(text)]);
        expect(entries).toEqual(Object.entries(JSON.parse(spell(object, space))));
      }),
    );
  });

  test("keeps the order of numeric-looking names, __proto__, and repeated names", () => {
    expect(
      topLevelEntries('{"10":1.0, "2" : -0 ,"__proto__":{"a": [1,"}"]},"2":"\\"","x":12345678901234567890}'),
    ).toEqual([
      ["10", "1.0"],
      ["2", "-0"],
      ["__proto__", '{"a": [1,"}"]}'],
      ["2", '"\\""'],
      ["x", "12345678901234567890"],
    ]);
    expect(topLevelEntries(" { } ")).toEqual([]);
  });
});

describe("spliceFields", () => {
  test("appends fields and leaves the rest byte for byte", () => {
    fc.assert(
      fc.property(jsonObject, indent, fc.jsonValue(), (object, space, value) => {
        const text = spell(object, space);
        const spliced = spliceFields(text, [{ name: "new\n", json: JSON.stringify(value) }]);
        expect(spliced.startsWith(text.slice(0, text.lastIndexOf("}")))).toBe(true);
        expect(topLevelEntries(spliced)).toEqual([...topLevelEntries(text), ["new\n", JSON.stringify(value)]]);
      }),
    );
  });

  test.each([
    ["{}", '{"g":1}'],
    ["{ }", '{ "g":1}'],
    ['{"a":{}}', '{"a":{},"g":1}'],
    ['{"a":"{"}', '{"a":"{","g":1}'],
    ['{"a": 1 }', '{"a": 1 ,"g":1}'],
  ])("%s", (text, expected) => {
    expect(spliceFields(text, [{ name: "g", json: "1" }])).toBe(expected);
    expect(spliceFields(text, [])).toBe(text);
  });
});

describe("parseFields", () => {
  const spelledNumber = fc.oneof(
    fc.constantFrom("1.0", "-0", "-0.0", "1e5", "1E+400", "12345678901234567890", "0.10", "1e-7", "100", "0.1", "-1.5"),
    fc.bigInt().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  );

  test("numbers print as they were spelled, nested or not", () => {
    fc.assert(
      fc.property(fc.array(spelledNumber, { minLength: 1 }), fc.constantFrom("", " ", "\n"), (numbers, space) => {
        const list = `[${numbers.join(",")}]`;
        const text = `{"a":${space}${numbers[0]},"__proto__":{"list":${list}},"s":"v1.0, 12345678901234567890"}`;
        const fields = parseFields(text);
        expect(JSON.stringify(fields)).toBe(text.replace(`:${space}`, ":"));
        expect(renderValue(fields.a)).toBe(numbers[0]);
        expect(renderValue(Object.getOwnPropertyDescriptor(fields, "__proto__")?.value)).toBe(`{"list":${list}}`);
      }),
    );
  });

  test("otherwise gives what JSON.parse gives, with __proto__ as an own property", () => {
    fc.assert(
      fc.property(jsonObject, indent, (object, space) => {
        const text = spell(object, space);
        expect(JSON.stringify(parseFields(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
    expect(Object.hasOwn(parseFields('{"__proto__":1.0}'), "__proto__")).toBe(true);
    expect(parseFields('{"a":0.5,"b":1}')).toEqual({ a: 0.5, b: 1 });
  });

  test("throws for what is not JSON", () => {
    expect(() => parseFields('{"a":1.0')).toThrow(SyntaxError);
  });
});

test("renderValue shows what a template needs", () => {
  expect(["é", 5, true, null, undefined, { a: [1, "x"] }, []].map(renderValue)).toEqual([
    "é",
    "5",
    "true",
    "",
    "",
    '{"a":[1,"x"]}',
    "[]",
  ]);
});

describe("compact", () => {
  test("takes white space away outside strings only", () => {
    fc.assert(
      fc.property(jsonObject, fc.constantFrom(1, "\t", "\r"), (object, space) => {
        expect(compact(spell(object, space))).toBe(JSON.stringify(object));
      }),
    );
    expect(compact('{ "a \\" b" :\n1.0 ,\r"c":[ -0 ]}')).toBe('{"a \\" b":1.0,"c":[-0]}');
  });
});

describe("isNestedTooDeep", () => {
  const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

  test("counts levels, not brackets, and none inside strings", () => {
    expect(isNestedTooDeep(nested(MAX_NESTING))).toBe(false);
    expect(isNestedTooDeep(nested(MAX_NESTING + 1))).toBe(true);
    expect(isNestedTooDeep(`[${"[],".repeat(2000)}[]]`)).toBe(false);
    expect(isNestedTooDeep(JSON.stringify(["[".repeat(5000)]))).toBe(false);
  });

  test("what is let through can be spelled and rendered", () => {
    const fields = parseFields(nested(MAX_NESTING).replace("[]", "[1.0]"));
    expect(renderValue(fields.a)).toContain("[1.0]");
  });
});
