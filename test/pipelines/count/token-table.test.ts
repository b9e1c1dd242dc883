import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenTable } from "../../../src/pipelines/count/token-table.ts";

function tableOf(counts: Iterable<number>): TokenTable {
  const table = new TokenTable();
  for (const count of counts) table.add(count);
  return table;
}

/** The textbook's nearest rank, over all of the counts. */
function nearestRank(counts: readonly number[], percent: number): number | undefined {
  return counts.toSorted((a, b) => a - b)[Math.max(1, Math.ceil((percent * counts.length) / 100)) - 1];
}

const counts = fc.array(fc.oneof(fc.nat(20), fc.nat(3_000), fc.nat(2 ** 32 - 1), fc.constantFrom(131_071, 131_072)));
const PERCENTS = [1, 50, 95, 99, 100];

/** Different counts of more than 131,072 tokens, too many to be kept apart. */
const many = Array.from({ length: 70_000 }, (_, index) => 200_000 + 97 * index);

describe("TokenTable", () => {
  test("knows what the list of all counts says", () => {
    fc.assert(
      fc.property(counts, (some) => {
        const table = tableOf(some);
        expect(table.rows).toBe(some.length);
        expect(table.total).toBe(some.reduce((sum, count) => sum + count, 0));
        expect(table.mean).toBe(some.length === 0 ? undefined : table.total / some.length);
        expect(table.min).toBe(some.length === 0 ? undefined : Math.min(...some));
        expect(table.max).toBe(some.length === 0 ? undefined : Math.max(...some));
        for (const percent of PERCENTS) expect(table.percentile(percent)).toBe(nearestRank(some, percent));
      }),
    );
  });

  test("lists each count once, the smallest first", () => {
    fc.assert(
      fc.property(counts, (some) => {
        const listed = [...tableOf(some).entries()];
        const sorted = some.toSorted((a, b) => a - b);
        expect(listed.flatMap(([count, rows]) => Array.from({ length: rows }, () => count))).toEqual(sorted);
      }),
    );
  });

  test.each([
    [[15, 20, 35, 40, 50], 50, 35],
    [[15, 20, 35, 40, 50], 95, 50],
    [[7], 1, 7],
    [Array.from({ length: 700 }, (_, index) => index + 1), 99, 693],
  ])("%j: of %d percent %d", (some, percent, expected) => {
    expect(tableOf(some).percentile(percent)).toBe(expected);
  });

  test("with too many large counts is off by 0.05 % at most, and by nothing in total, mean and ends", () => {
    const table = tableOf(many);
    expect([...table.entries()].length).toBeLessThan(20_000);
    expect([table.total, table.min, table.max]).toEqual([
      many.reduce((sum, count) => sum + count, 0),
      many[0],
      many.at(-1),
    ]);
    for (const percent of PERCENTS) {
      const exact = nearestRank(many, percent) ?? 0;
      expect(Math.abs((table.percentile(percent) ?? 0) - exact) / exact).toBeLessThanOrEqual(0.0005);
    }
  });

  test("says the same in whatever order the counts come", () => {
    const small = [1, 2, 3, 1_000];
    const shuffled = many.map((_, index) => many[(index * 7_919) % many.length] ?? 0);
    expect([...tableOf([...shuffled, ...small]).entries()]).toEqual([...tableOf([...small, ...many]).entries()]);
  });
});
