import { expect, test } from "vitest";
import type { Distribution } from "../../src/core/scores/distribution.ts";
import { ScoreTally } from "../../src/core/scores/score-tally.ts";
import { scoreLines } from "../../src/report/score-lines.ts";

function counted(values: readonly unknown[], kind: "integer" | "number" | "category" = "integer"): Distribution[] {
  const categories = kind === "category" ? { values: [...new Set(values.map(String))] } : {};
  const tally = new ScoreTally([{ name: "grade.v", path: ["v"], kind, ...categories }]);
  for (const v of values) tally.add(JSON.stringify({ v }));
  return [...tally.distributions()];
}

test("a few values each have a bar, in the width that there is", () => {
  expect(scoreLines(counted([1, 2, 2, 2, 2, 3]), 52)).toEqual([
    "scores    grade.v, of 6: mean 2, median 2",
    "          1  1  16.7%  #######",
    "          2  4  66.7%  ############################",
    "          3  1  16.7%  #######",
  ]);
});

test("many values come in few bins of the same numbers", () => {
  const lines = scoreLines(counted(Array.from({ length: 101 }, (_, index) => index)), 80);
  expect(lines).toHaveLength(12);
  expect(lines[1]).toMatch(/^ {12}0 to 9 {2}10 {2}9\.9% {2}#+$/);
  expect(lines[11]).toMatch(/^ {15}100 {3}1 {2}1\.0% {2}#+$/);
});

test("labels are clipped, control characters shown, and the rare ones put together", () => {
  const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
  const lines = scoreLines(counted([...labels, ...labels.slice(10), "\u001b[31m", "x".repeat(90)], "category"), 80);
  expect(lines).toHaveLength(13);
  expect(lines.at(-1)).toMatch(/^ {10}all others .* 11 /);
  const few = scoreLines(counted(["\u001b[31m", "x".repeat(90)], "category"), 80).join("\n");
  expect([few.includes("\u001b"), few.includes("\\u001b[31m"), few.includes(`${"x".repeat(31)}…`)]).toEqual([
    false,
    true,
    true,
  ]);
});

test("no line is longer than the terminal, whatever is counted, and many fields are cut short", () => {
  const big = counted([1e15, 2e15, 3e15, ...Array.from({ length: 300 }, (_, index) => index * 1e12)]);
  const many = Array.from({ length: 9 }, () => big).flat();
  for (const width of [40, 60, 80, 300]) {
    const lines = scoreLines(many, width);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(Math.min(100, width));
    expect(lines.at(-1)).toContain("and 5 more");
  }
});

test("a field without a value has no lines", () => {
  expect(scoreLines(counted([null]), 80)).toEqual([]);
});
