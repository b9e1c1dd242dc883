import { expect, test } from "vitest";
import { differences, rowDifferences } from "../../src/core/row-difference.ts";

test.each([
  [{ a: 1 }, { a: 1, b: 2 }, []],
  [{ a: { b: 1 } }, { a: { b: 2 } }, ["a.b: expected 1, got 2"]],
  [{ a: "*" }, { a: 0 }, []],
  [{ a: "*" }, { a: null }, ['a: expected "*", got null']],
  [{ a: null }, {}, ["a: expected null, got nothing"]],
  [{ a: [1, 2] }, { a: [1, 3] }, ["a[1]: expected 2, got 3"]],
  [{ a: [1] }, { a: [1, 2] }, ["a: expected [1], got [1,2]"]],
  [{ a: "1" }, { a: 1 }, ['a: expected "1", got 1']],
])("%j against %j", (expected, actual, lines) => {
  expect(differences(expected, actual)).toEqual(lines);
});

test("rows one by one, and how many there are", () => {
  expect(rowDifferences([{ a: 1 }], [{ a: 1 }, { a: 2 }], "row")).toEqual([
    "row: expected 1, got 2",
    'row 2: not expected: {"a":2}',
  ]);
  expect(rowDifferences([{ a: 1 }], [], "row")).toEqual(["row: expected 1, got 0", 'row 1: missing: {"a":1}']);
});
