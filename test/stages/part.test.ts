import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PartLimits, type PartRow, PartStage } from "../../src/stages/part.ts";

const NO_LIMITS: PartLimits = {
  rows: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  tokens: Number.POSITIVE_INFINITY,
  count: undefined,
};

/** The rows of each part. */
function partsOf(rows: readonly PartRow[], limits: PartLimits, frameBytes = 0): (readonly PartRow[])[] {
  const stage = new PartStage(limits, frameBytes);
  const parts: PartRow[][] = [];
  for (const row of rows) {
    if (stage.isFullFor(row)) stage.end();
    if (stage.part.rows === 0) parts.push([]);
    stage.add(row);
    parts.at(-1)?.push(row);
    expect(stage.part.rows).toBe(parts.at(-1)?.length);
  }
  return parts;
}

const row = fc.record({ bytes: fc.integer({ min: 1, max: 30 }), tokens: fc.nat({ max: 9 }), isBad: fc.boolean() });
const sum = (rows: readonly PartRow[], of: "bytes" | "tokens") => rows.reduce((total, one) => total + one[of], 0);

describe("limits", () => {
  const limit = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(Number.POSITIVE_INFINITY));

  test("are kept by every part of more than one row, and a part ends only where the next row would break one", () => {
    fc.assert(
      fc.property(fc.array(row), limit, limit, limit, fc.nat({ max: 9 }), (rows, maxRows, bytes, tokens, frame) => {
        const limits = { ...NO_LIMITS, rows: maxRows, bytes, tokens };
        const keeps = (part: readonly PartRow[]) =>
          part.length <= maxRows && frame + sum(part, "bytes") <= bytes && sum(part, "tokens") <= tokens;
        const parts = partsOf(rows, limits, frame);
        expect(parts.flat()).toEqual(rows);
        for (const [index, part] of parts.entries()) {
          expect(keeps(part) || part.length === 1).toBe(true);
          const next = parts[index + 1]?.[0];
          if (next !== undefined) expect(keeps([...part, next])).toBe(false);
        }
      }),
    );
  });

  test("that a row alone is over are told", () => {
    const stage = new PartStage({ ...NO_LIMITS, bytes: 10, tokens: 5 }, 3);
    expect(stage.limitsUnder({ bytes: 7, tokens: 5, isBad: false })).toEqual([]);
    expect(stage.limitsUnder({ bytes: 8, tokens: 6, isBad: false })).toEqual(["bytes", "tokens"]);
  });
});

describe("a number of parts", () => {
  const rowsOf = (count: number) => Array.from({ length: count }, () => ({ bytes: 1, tokens: 1, isBad: false }));

  test("is what comes out, each of as many rows as the others, or one more", () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 50 }), (rows, count) => {
        const parts = partsOf(rowsOf(rows), { ...NO_LIMITS, count: { parts: count, rows } });
        expect(parts).toHaveLength(Math.min(rows, count));
        const sizes = parts.map((part) => part.length);
        if (rows > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("is a least number where there are other limits", () => {
    const sizes = partsOf(rowsOf(20), { ...NO_LIMITS, rows: 4, count: { parts: 3, rows: 20 } }).map(
      ({ length }) => length,
    );
    expect(sizes).toEqual([4, 2, 4, 3, 4, 3]);
  });
});
