import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteOrderMarkStripper, clipBytes, clipText, decodeUtf8 } from "../../src/core/utf8.ts";
import { chunkSizes, chunksOf } from "../formats/support.ts";

const MARK = "\uFEFF";

describe("decodeUtf8", () => {
  test("decodes what is UTF-8, a real U+FFFD too, and refuses what is not", () => {
    expect(decodeUtf8(Buffer.from("流\uFFFD"))).toBe("流\uFFFD");
    expect(decodeUtf8(Buffer.from([0x61, 0xff]))).toBeUndefined();
    expect(decodeUtf8(Buffer.from([0xed, 0xa0, 0x80]))).toBeUndefined();
  });
});

describe("clipText and clipBytes", () => {
  const clippers: [string, (text: string, max: number) => string][] = [
    ["clipText", clipText],
    ["clipBytes", (text, max) => clipBytes(Buffer.from(text), max)],
  ];
  test.each(clippers)("%s keeps the longest whole-character start that fits", (_name, clip) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 20 }), (text, max) => {
        const clipped = clip(text, max);
        expect(text.startsWith(clipped)).toBe(true);
        expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(max);
        const next = String.fromCodePoint(...[text.slice(clipped.length).codePointAt(0) ?? 0x20]);
        if (clipped !== text) expect(Buffer.byteLength(clipped + next)).toBeGreaterThan(max);
      }),
    );
  });

  test("bytes that are no UTF-8 stay within the limit, though U+FFFD takes three", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 40 }), (bytes, max) => {
        expect(Buffer.byteLength(clipBytes(Buffer.from(bytes), max))).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe("ByteOrderMarkStripper", () => {
  test("takes one mark off the front, however the bytes are cut, and nothing else", async () => {
    const texts = fc.tuple(fc.constantFrom("", MARK, MARK + MARK, "\uFB01"), fc.string({ unit: "grapheme" }));
    await fc.assert(
      fc.asyncProperty(texts, chunkSizes, async ([start, rest], sizes) => {
        const bytes = Buffer.from(start + rest);
        const hasMark = bytes.subarray(0, 3).equals(Buffer.from(MARK));
        const stripper = new ByteOrderMarkStripper();
        const chunks: Uint8Array[] = [];
        for await (const chunk of stripper.strip(chunksOf(bytes, sizes))) chunks.push(chunk);
        expect(Buffer.concat(chunks)).toEqual(bytes.subarray(hasMark ? 3 : 0));
        expect(stripper.length).toBe(hasMark ? 3 : 0);
      }),
    );
  });
});
