import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Distribution } from "../../src/report/count.ts";
import { tokenHistogram } from "../../src/report/count-histogram.ts";

const distributions: fc.Arbitrary<Distribution> = fc
  .uniqueArray(
    fc.tuple(fc.oneof(fc.nat(50), fc.nat(5_000), fc.nat(2 ** 32 - 1)), fc.integer({ min: 1, max: 10 ** 9 })),
    {
      selector: ([tokens]) => tokens,
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((entries) => entries.toSorted(([a], [b]) => a - b));

const LINE = /^ *([\d,]+)(?: to ([\d,]+)| and more)? +([\d,]+) +[\d.]+%(?: {2}(#+))?$/;

function parse(line: string) {
  const [, from, to, requests, bar = ""] = LINE.exec(line) ?? [];
  const number = (text = "-1") => Number(text.replaceAll(",", ""));
  return { from: number(from), to: to === undefined ? undefined : number(to), requests: number(requests), bar };
}

describe("tokenHistogram", () => {
  test("shows every request once, in a dozen lines of 80 columns of plain characters", () => {
    fc.assert(
      fc.property(distributions, (distribution) => {
        const [head = "", ...lines] = tokenHistogram(distribution);
        expect(head.trim()).toMatch(/^tokens +requests$/);
        expect(lines.length).toBeLessThanOrEqual(13);
        for (const line of [head, ...lines]) expect(line).toMatch(/^[ -~]{1,80}$/);
        const bins = lines.map(parse);
        expect(bins.every(({ from }) => from >= 0)).toBe(true);
        const sum = bins.reduce((all, { requests }) => all + requests, 0);
        expect(sum).toBe(distribution.reduce((all, [, requests]) => all + requests, 0));
      }),
    );
  });

  test("puts each count into the bin that names it", () => {
    fc.assert(
      fc.property(distributions, (distribution) => {
        for (const { from, to = from, requests } of tokenHistogram(distribution).slice(1, -1).map(parse)) {
          const inside = distribution.filter(([tokens]) => tokens >= from && tokens <= to);
          expect(requests).toBe(inside.reduce((all, [, some]) => all + some, 0));
        }
      }),
    );
  });

  test("draws the largest bin over all the room, the others in proportion, and nothing for none", () => {
    const lines = tokenHistogram([
      [10, 50],
      [11, 100],
      [13, 1],
    ]);
    const bars = lines.slice(1).map((line) => parse(line).bar.length);
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
    expect(bars).toEqual([Math.round((bars[1] ?? 0) / 2), bars[1], 0, 1]);
  });

  test("does not stretch over a few very large counts", () => {
    const bulk = Array.from({ length: 500 }, (_, tokens) => [tokens, 10] as const);
    const lines = tokenHistogram([...bulk, [1_000_000, 3]]);
    expect(lines.at(-1)).toMatch(/^500 and more +3 +0\.1% {2}#$/);
    expect(lines).toHaveLength(12);
  });

  test("is empty without requests", () => {
    expect(tokenHistogram([])).toEqual([]);
  });
});
