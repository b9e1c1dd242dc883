import { expect, test } from "vitest";
import {
  alignColumns,
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  printable,
} from "../../src/report/plain-text.ts";

test("columns are aligned to either side, without blanks at the end", () => {
  const rows = [
    ["name", "n", "what"],
    ["a", "1,000", ""],
  ];
  expect(alignColumns(rows, { alignment: "lrl", indent: "> " })).toEqual(["> name      n  what", "> a     1,000"]);
  expect(alignColumns([], { alignment: "l" })).toEqual([]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1_550, "1.6 kB"],
  [123_456, "123 kB"],
  [5_000_000, "5.0 MB"],
  [2e15, "2000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [-5, "0 s"],
  [999, "0 s"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [3_605_000, "1 h"],
  [3 * 86_400_000 + 4 * 3_600_000 + 59_000, "3 d 4 h"],
])("%d ms are %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("one thing is not two", () => {
  expect([formatQuantity(1, "batch", "batches"), formatQuantity(2000, "batch", "batches")]).toEqual([
    "1 batch",
    "2,000 batches",
  ]);
  expect([formatQuantity(0, "row"), formatCount(1234567)]).toEqual(["0 rows", "1,234,567"]);
});

test("what could move a cursor or break a line is shown as what it is", () => {
  expect(printable("a\u001b[2Jb\nc\u2028d\u0085→ é")).toBe("a\\u001b[2Jb\\u000ac\\u2028d\\u0085→ é");
});
