import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Line, splitLines } from "../../src/core/lines.ts";
import { chunkSizes, chunksOf } from "../formats/support.ts";

async function linesOf(bytes: Uint8Array, sizes: readonly number[], maxLineBytes = 1000): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const some of splitLines(chunksOf(bytes, sizes), maxLineBytes)) lines.push(...some);
  return lines;
}

const text = fc.string({ unit: fc.constantFrom("\n", "\n", "\r", "a", "流", "\u2028", "\u2029") });

describe("splitLines", () => {
  test("gives the same lines as split, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(text, chunkSizes, async (whole, sizes) => {
        const lines = await linesOf(Buffer.from(whole), sizes);
        const expected = whole.split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(lines.map((line) => line.bytes.toString())).toEqual(expected);
        expect(lines.every((line, index) => line.terminated || index === lines.length - 1)).toBe(true);
        expect(lines.at(-1)?.terminated ?? true).toBe(whole === "" || whole.endsWith("\n"));
      }),
    );
  });

  test("tells where each line begins and how long it is", async () => {
    await fc.assert(
      fc.asyncProperty(text, chunkSizes, async (whole, sizes) => {
        const bytes = Buffer.from(whole);
        for (const line of await linesOf(bytes, sizes)) {
          expect(bytes.subarray(line.offset, line.offset + line.length)).toEqual(line.bytes);
        }
      }),
    );
  });

  test("clips a line over the limit, in one chunk or many, and goes on behind it", async () => {
    for (const sizes of [[1], [3], [100]]) {
      const lines = await linesOf(Buffer.from("abcdefgh\nxy\nabcdefgh"), sizes, 5);
      expect(lines.map((line) => [line.bytes.toString(), line.length])).toEqual([
        ["abcde", 8],
        ["xy", 2],
        ["abcde", 8],
      ]);
    }
  });
});
