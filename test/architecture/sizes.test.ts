import { expect, test } from "vitest";
import { functionsOf, linesOf, percentile } from "./sizes.ts";
import { parseSource, sourcesOfTree } from "./source.ts";

const LONGEST_FILE_LINES = 300;
/** The longest function there was when this was last looked at. It may only go down, towards 30. */
const LONGEST_FUNCTION_LINES = 49;

const tree = sourcesOfTree();
const functions = tree.flatMap(functionsOf);
const functionLines = functions.map(({ lines }) => lines);

test(`no file is longer than ${LONGEST_FILE_LINES} lines, and half of them are shorter than 100`, () => {
  const long = tree.filter((source) => linesOf(source) > LONGEST_FILE_LINES);
  expect(long.map((source) => `${source.path}: ${linesOf(source)}`)).toEqual([]);
  expect(percentile(tree.map(linesOf), 0.5)).toBeLessThan(100);
});

test(`no function is longer than ${LONGEST_FUNCTION_LINES} lines`, () => {
  expect(functions.filter(({ lines }) => lines > LONGEST_FUNCTION_LINES)).toEqual([]);
});

test("half of the functions have at most 10 lines, nine in ten at most 30", () => {
  expect(percentile(functionLines, 0.5)).toBeLessThanOrEqual(10);
  expect(percentile(functionLines, 0.9)).toBeLessThanOrEqual(30);
});

test("control: functions of every kind are measured", () => {
  const kinds = [
    "function f() {\n  return 1;\n}",
    "const f = () => {\n  return 1;\n};",
    "const f = function () {\n  return 1;\n};",
    "class A {\n  #f() {\n    return 1;\n  }\n}",
    "class A {\n  get f() {\n    return 1;\n  }\n}",
    "const a = {\n  async *f() {\n    yield 1;\n  },\n};",
  ];
  for (const text of kinds) {
    expect(functionsOf(parseSource("src/core/control.ts", text))).toMatchObject([{ lines: 3 }]);
  }
});

test("control: a function too long and a file too long are seen", () => {
  const body = "  x();\n".repeat(LONGEST_FILE_LINES);
  const source = parseSource("src/core/control.ts", `function f() {\n${body}}\n`);
  expect(functionsOf(source)).toEqual([{ place: "src/core/control.ts:1", lines: LONGEST_FILE_LINES + 2 }]);
  expect(linesOf(source)).toBe(LONGEST_FILE_LINES + 2);
});

test("control: percentiles", () => {
  expect([0, 0.5, 0.9, 1].map((share) => percentile([5, 1, 4, 2, 3, 9, 8, 7, 6, 10], share))).toEqual([1, 5, 9, 10]);
});
