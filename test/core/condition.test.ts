import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCondition } from "../../src/core/condition/parse.ts";
import { ConditionError } from "../../src/core/condition/tokens.ts";
import { parseFields } from "../../src/core/json-text.ts";

const ROW = parseFields(
  '{"n":3,"one":1.0,"text":"abc","csv":"10","empty":"","none":null,"yes":true,"grade":{"score":4},"a b":"x","list":["p","q"],"row-id":7}',
);

test.each([
  "n == 3",
  "n != 4 and n >= 3 and n <= 3",
  "one == 1",
  "one < 1.5",
  "csv > 9",
  'csv == "10"',
  "not csv < 9",
  "grade.score > 3",
  "grade.score > 3 or missing",
  'text contains "bc"',
  '"bc" in text',
  'text in ["x", "abc"]',
  'list contains "q"',
  "n in [1, 3]",
  "none == null",
  "missing == null",
  "missing.deeper == null",
  "empty != null",
  "not empty",
  "yes",
  "yes == true",
  'row["a b"] == "x"',
  "row-id == 7",
  "(n == 1 or n == 3) and not (n == 4)",
  "n == 3 or n == 4 and n == 5",
  "-1 < n",
])("holds: %s", (text) => {
  expect(parseCondition(text)(ROW)).toBe(true);
});

test.each(["n == 4", "text > 3", "missing < 3", "missing > 3", "none", "text == 3", "not yes", 'text contains "x"'])(
  "does not hold: %s",
  (text) => {
    expect(parseCondition(text)(ROW)).toBe(false);
  },
);

test.each([
  ["n =", 2],
  ["n = 3", 2],
  ["n == ", 5],
  ["(n == 3", 7],
  ["n == 3 n", 7],
  ["and", 0],
  ["a.[", 2],
  ["[1 2]", 3],
  ["n ~ 3", 2],
  ["(".repeat(60), 50],
])("is none: %s", (text, offset) => {
  expect(() => parseCondition(text)).toThrow(ConditionError);
  try {
    parseCondition(text);
  } catch (error) {
    expect((error as ConditionError).offset).toBe(offset);
  }
});

test("any text is a condition or a condition error", () => {
  const pieces = fc.constantFrom(
    "n",
    "3",
    '"t"',
    "==",
    "<",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    "in",
    " ",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join(" ")),
      ),
      (text) => {
        try {
          expect(typeof parseCondition(text)(ROW)).toBe("boolean");
        } catch (error) {
          expect(error).toBeInstanceOf(ConditionError);
        }
      },
    ),
  );
});
