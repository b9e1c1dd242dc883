import { expect, test } from "vitest";
import { CLASS, createCodePointClasses } from "../../../src/tokens/byte-pair/code-point-classes.ts";
import { Utf8Text } from "../../../src/tokens/byte-pair/utf8-text.ts";

const classes = createCodePointClasses();

test("tells class and length of characters of one to four bytes, and the end", () => {
  const text = new Utf8Text(classes);
  text.encode("aÉ日𝐀");
  const found = [0, 1, 3, 6].map((at) => [text.classAt(at), text.lengthAt(at)]);
  const { lower, upper, caseless } = CLASS;
  expect(found).toEqual([
    [lower, 1],
    [upper, 2],
    [caseless, 3],
    [upper, 4],
  ]);
  expect(text.classAt(text.length)).toBe(0);
});

test("encodes lone surrogates as U+FFFD", () => {
  const text = new Utf8Text(classes);
  text.encode("\ud800x");
  expect([...text.bytes.subarray(0, text.length)]).toEqual([0xef, 0xbf, 0xbd, 0x78]);
});

test("gives a large buffer back, and keeps a small one", () => {
  const text = new Utf8Text(classes);
  text.encode("a".repeat(1000));
  const { bytes } = text;
  text.release();
  expect(text.bytes).toBe(bytes);
  text.encode("a".repeat(2_000_000));
  text.release();
  expect(text.bytes.length).toBeLessThan(100);
});
