import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, table, wrap } from "../../src/cli/text-layout.ts";

test("wraps at spaces and keeps every word", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 15, max: 60 }), (words, width) => {
      const wrapped = wrap(words.join(" "), width, "  ");
      expect(wrapped.split(/\s+/).filter(Boolean)).toEqual(words);
      for (const line of wrapped.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
    }),
  );
});

test("a table has its texts in one column; a name too long stands alone", () => {
  const rows = [
    ["a", "one two three"],
    ["--a-name-that-is-longer-than-the-column", "text"],
  ] as const;
  expect(table(rows, 40, "  ")).toBe(
    [
      `  a${" ".repeat(27)}one two`,
      `${" ".repeat(30)}three`,
      "  --a-name-that-is-longer-than-the-column",
      `${" ".repeat(30)}text`,
    ].join("\n"),
  );
});

test("an empty table is empty", () => {
  expect(table([], 80, "  ")).toBe("");
});

test("a line is folded where the terminal ends, behind the margin, and keeps what it begins with", () => {
  expect(fold("step 1: asks somebody about something", 20, "    ")).toBe(
    "step 1: asks\n    somebody about\n    something",
  );
  expect(fold("    one two three", 12, "    ")).toBe("    one two\n    three");
  expect(fold("one two", undefined, "  ")).toBe("one two");
});
