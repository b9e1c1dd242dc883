import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayUsd, formatPrice, formatUsd, parsePrice, parseUsd } from "../../src/pricing/usd.ts";

const amounts = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe("amounts", () => {
  test.each([
    ["0", 0n],
    ["1", 1_000_000_000_000n],
    ["0.00001875", 18_750_000n],
    ["1.875e-5", 18_750_000n],
    ["1.875E-05", 18_750_000n],
    ["3e7", 30_000_000_000_000_000_000n],
    ["-0.5", -500_000_000_000n],
    ["0.000000000001", 1n],
    ["0.0000000000010", 1n],
    ["180000000.000000000001", 180_000_000_000_000_000_001n],
  ])("%s is read exactly", (text, amount) => {
    expect(parseUsd(text)).toBe(amount);
  });

  test.each([
    "",
    " 1",
    "1 ",
    ".5",
    "1.",
    "1,5",
    "0x10",
    "NaN",
    "Infinity",
    "--1",
    "1e",
    "1e999",
    "0.0000000000001",
    "1e-13",
  ])("%j is none", (text) => {
    expect(parseUsd(text)).toBeUndefined();
  });

  test("a long text is no work", () => {
    expect(parseUsd("0".repeat(10_000_000))).toBeUndefined();
    expect(parseUsd(`1.${"0".repeat(10_000_000)}`)).toBeUndefined();
  });

  test("what is written is read again as it was, and has no digit too many", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const text = formatUsd(amount);
        expect(parseUsd(text)).toBe(amount);
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });

  test("any double is read as the decimal that it is printed as", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (number) => {
        const amount = parseUsd(String(number));
        if (amount !== undefined) expect(Number(formatUsd(amount))).toBe(number + 0);
      }),
    );
  });
});

describe("amounts for people", () => {
  test.each([
    [undefined, "unknown"],
    [0n, "$0.00"],
    [1n, "$0.000000000001"],
    [1_875_000n, "$0.00000188"],
    [18_750_000_000n, "$0.0188"],
    [500_000_000_000n, "$0.50"],
    [999_500_000_000n, "$1.00"],
    [999_499_999_999n, "$0.999"],
    [12_344_999_999_999n, "$12.34"],
    [12_345_000_000_000n, "$12.35"],
    [-12_345_000_000_000n, "-$12.35"],
    [1_234_567_890_000_000_000n, "$1,234,567.89"],
  ])("%s is shown as %s", (amount, text) => {
    expect(displayUsd(amount)).toBe(text);
  });

  test("are never off by more than half a cent, or half of the third digit", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const shown = parseUsd(displayUsd(amount).replace(/[$,]/g, "")) ?? 0n;
        const [error, size] = [shown - amount, amount].map((value) => (value < 0n ? -value : value));
        expect(error).toBeLessThanOrEqual(5_000_000_000n);
        expect((error ?? 0n) * 200n <= (size ?? 0n)).toBe(true);
      }),
    );
  });
});

describe("prices", () => {
  test.each([
    ["0.01875", 18_750n],
    ["0.15", 150_000n],
    [0.15, 150_000n],
    [30, 30_000_000n],
    ["2.50", 2_500_000n],
    ["0.0000010", 1n],
    ["0", 0n],
    [1_000_000, 1_000_000_000_000n],
  ])("%s USD per million tokens is %d pico-dollars a token", (price, rate) => {
    expect(parsePrice(price)).toBe(rate);
  });

  test.each([
    ["", "has to be"],
    ["free", "has to be"],
    ["$2", "has to be"],
    [Number.NaN, "has to be"],
    [Number.POSITIVE_INFINITY, "has to be"],
    ["0.0000005", "more than 6 decimals; is it the price of one token"],
    [5e-7, "more than 6 decimals; is it the price of one token"],
    [0.1 + 0.2, "more than 6 decimals"],
    ["-1", "negative"],
    [1_000_000.1, "more than a dollar for a token"],
  ])("%j is refused", (price, problem) => {
    expect(parsePrice(price)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test("what is written is read again as it was, as a text and as a number", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), (rate) => {
        expect(parsePrice(formatPrice(rate))).toBe(rate);
        expect(parsePrice(Number(formatPrice(rate)))).toBe(rate);
      }),
    );
  });
});
