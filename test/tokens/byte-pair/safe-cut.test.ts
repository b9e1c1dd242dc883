import fc from "fast-check";
import { expect, test } from "vitest";
import { createCodePointClasses } from "../../../src/tokens/byte-pair/code-point-classes.ts";
import { safeCut } from "../../../src/tokens/byte-pair/safe-cut.ts";
import { createTokenizer as createCl100kBase } from "../../../src/tokens/cl100k-base.ts";
import { createTokenizer as createO200kBase } from "../../../src/tokens/o200k-base.ts";
import { anyText } from "../arbitrary-texts.ts";

const classes = createCodePointClasses();

test.each([createO200kBase, createCl100kBase])("the parts have as many tokens as the whole", (createTokenizer) => {
  const tokenizer = createTokenizer();
  fc.assert(
    fc.property(anyText(), fc.integer({ min: 1, max: 20 }), (text, length) => {
      const parts = partsOf(text, length);
      expect(parts.join("")).toBe(text);
      const tokens = parts.reduce((sum, part) => sum + tokenizer.count(part), 0);
      expect(tokens).toBe(tokenizer.count(text));
    }),
    { numRuns: 2000 },
  );
});

test("cuts at the last border before the wanted place", () => {
  expect(safeCut(classes, "one two three", 0, 9)).toBe(7);
});

test("cuts behind the wanted place when there is no border before it", () => {
  expect(safeCut(classes, "abcdefgh ij", 0, 4)).toBe(8);
});

test("does not cut what has no border", () => {
  expect(safeCut(classes, "a".repeat(50), 0, 4)).toBe(50);
  expect(safeCut(classes, "😀".repeat(50), 0, 5)).toBe(100);
});

test("cuts no contraction, and nothing before a surrogate", () => {
  expect(safeCut(classes, "it's", 0, 2)).toBe(4);
  expect(safeCut(classes, "a𝐀", 0, 1)).toBe(3);
});

function partsOf(text: string, length: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = safeCut(classes, text, start, start + length);
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
