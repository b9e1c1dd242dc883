import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDuration, parseNumber, parseSize } from "../../src/config/units.ts";

test.each([
  ["0", 0],
  ["50", 50],
  ["50k", 50_000],
  ["50K", 50_000],
  ["200MB", 200_000_000],
  ["200 MB", 200_000_000],
  ["10MiB", 10 * 1024 ** 2],
  ["1Ki", 1024],
  ["1.5k", 1500],
  ["1.1k", 1100],
  ["2G", 2_000_000_000],
  ["1_000", 1000],
  ["5B", 5],
])("size %s is %d", (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test.each([
  "",
  "abc",
  "k",
  "-1",
  "1.0001k",
  "1e3",
  "0x10",
  "NaN",
  "Infinity",
  "1kk",
  "1ki i",
  "9007199254740993",
  "99999T",
])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  ["0.5", 0.5],
  [".5", 0.5],
  ["500ms", 0.5],
  ["30s", 30],
  ["5m", 300],
  ["2h", 7200],
  ["1d", 86_400],
])("duration %s is %d seconds", (text, expected) => {
  expect(parseDuration(text)).toBeCloseTo(expected, 9);
});

test.each(["", "s", "-1", "1w", "1h30m", "NaN", "Infinity", "1e3"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each(["", "abc", "NaN", "Infinity", "0x1f", "1e999", "1,5", " 1"])("%j is no number", (text) => {
  expect(parseNumber(text)).toBeUndefined();
});

test("every finite number is read as it is written", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(parseNumber(String(number))).toBe(Number(String(number)));
    }),
  );
});

test("every safe whole number is a size of itself", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (number) => {
      expect(parseSize(String(number))).toBe(number);
    }),
  );
});
