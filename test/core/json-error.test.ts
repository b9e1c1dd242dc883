import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findJsonFault } from "../../src/core/json-error.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const token = fc.constantFrom(
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"a"',
  '"\\u00e9"',
  '"\\x"',
  "1",
  "01",
  "-",
  "1.5e3",
  "true",
  "nul",
  " ",
  '"\n"',
  '"',
);

describe("findJsonFault", () => {
  test("finds a fault exactly where JSON.parse refuses the text", () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join("");
        expect(findJsonFault(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("finds none in any JSON", () => {
    fc.assert(fc.property(fc.json(), (text) => findJsonFault(text) === undefined));
  });

  test.each([
    ['{"a" 1}', 5, "expected ':' after the field name"],
    ['{"a": bad}', 6, "expected a value"],
    ['{"a":1,}', 7, "expected a field name in double quotes"],
    ['{"a":1', 6, "the text ends too early"],
    ['{"a":"x\ty"}', 7, "raw control character in a string"],
    ['{"a":"\\q"}', 6, "bad escape in a string"],
    ["{} x", 3, "unexpected text after the end"],
    ["[1 2]", 3, "expected ',' or the closing bracket after the value"],
  ])("%s", (text, index, message) => {
    expect(findJsonFault(text)).toEqual({ index, message });
  });

  test("does not overflow the stack", () => {
    expect(findJsonFault("[".repeat(1e6))?.index).toBe(1e6);
  });
});
