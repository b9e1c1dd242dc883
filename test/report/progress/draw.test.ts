import fc from "fast-check";
import { expect, test } from "vitest";
import { displayTokens, displayUsd } from "../../../src/report/progress/amounts.ts";
import { drawProgress } from "../../../src/report/progress/draw.ts";
import { paint, type StyledLine } from "../../../src/report/progress/styled-text.ts";
import { totalsText } from "../../../src/report/progress/totals.ts";
import type { BatchView, ProgressView } from "../../../src/report/progress/view.ts";

function batch(given: Partial<BatchView> = {}): BatchView {
  const plain = { id: "batch_001a1fec0a006032d69284be", status: "in_progress", requests: 1_000, done: 250, failed: 0 };
  return { ...plain, tokens: 90_600, ageMs: 754_000, ...given };
}

function view(given: Partial<ProgressView> = {}): ProgressView {
  return {
    ...{ rowsRead: 12_345, rowsExpected: 100_000, asked: 12_000, answered: 9_000, failed: 3, tokens: 4_200_000 },
    ...{ cost: 1_230_000_000_000n, costExpected: 13_000_000_000_000n, remainingMs: 7_260_000, elapsedMs: 61_000 },
    batches: [batch(), batch({ id: "batch_2", status: "completed", done: 990, failed: 10, ageMs: 3_000 })],
    ...given,
  };
}

function texts(lines: readonly StyledLine[]): string[] {
  return lines.map((line) => paint(line, false));
}

test("a wide terminal shows everything", () => {
  expect(texts(drawProgress([view()], { columns: 160, rows: 10 }))).toEqual([
    "12,345 of ~100,000 rows read  12,000 asked  9,000 answered  3 failed  4.2M tokens  $1.23 of ~$13.00  1 min 1 s  ETA 2 h 1 min",
    "batch     state        done     of                        failed  tokens          age",
    "d69284be  in_progress   250  1,000  #####...............       0     91k  12 min 34 s",
    "batch_2   completed     990  1,000  ####################      10     91k          3 s",
  ]);
});

test("a narrow one what matters most", () => {
  expect(texts(drawProgress([view()], { columns: 60, rows: 10 }))).toEqual([
    "9,000 answered  3 failed  $1.23 of ~$13.00  ETA 2 h 1 min",
    "batch     state        done     of  failed          age",
    "d69284be  in_progress   250  1,000       0  12 min 34 s",
    "batch_2   completed     990  1,000      10          3 s",
  ]);
  expect(texts(drawProgress([view()], { columns: 20, rows: 10 }))).toEqual([
    "9,000 answered",
    "state        done",
    "in_progress   250",
    "completed     990",
  ]);
});

test.each(Array.from({ length: 181 }, (_, index) => 20 + index))(
  "width %i: no line reaches the last column",
  (columns) => {
    for (const line of texts(drawProgress([view(), view({ label: "run 12" })], { columns, rows: 12 }))) {
      expect(line.length).toBeLessThan(columns);
    }
  },
);

test("whatever there is to show, it stays within the window", () => {
  const number = fc.nat({ max: 1e12 });
  const anyBatch = fc.record({
    ...{ id: fc.string({ unit: "binary" }), status: fc.string({ unit: "grapheme" }) },
    ...{ requests: number, done: number, failed: number, tokens: number, ageMs: number },
  });
  const anyView = fc.record(
    {
      ...{ label: fc.string({ unit: "binary" }), rowsRead: number, rowsExpected: number, remainingMs: number },
      ...{ asked: number, answered: number, failed: number, tokens: number, elapsedMs: number },
      ...{ cost: fc.bigInt(0n, 10n ** 20n), costExpected: fc.bigInt(0n, 10n ** 20n) },
      batches: fc.array(anyBatch, { maxLength: 30 }),
    },
    { requiredKeys: ["asked", "answered", "failed", "tokens", "elapsedMs", "batches"] },
  );
  fc.assert(
    fc.property(
      fc.array(anyView, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 10, max: 250 }),
      fc.integer({ min: 2, max: 60 }),
      (views, columns, rows) => {
        const lines = texts(drawProgress(views, { columns, rows }));
        expect(lines.length).toBeLessThan(rows);
        for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
      },
    ),
  );
});

test("more batches than lines are counted", () => {
  const batches = Array.from({ length: 20 }, (_, index) => batch({ id: `batch_${index}` }));
  const lines = texts(drawProgress([view({ batches })], { columns: 80, rows: 8 }));
  expect(lines).toHaveLength(7);
  expect(lines.at(-1)).toBe("and 16 more");
});

test("what is not known is not shown", () => {
  const { rowsRead, rowsExpected, cost, costExpected, remainingMs, ...known } = view({ failed: 0, batches: [] });
  expect([rowsRead, rowsExpected, cost, costExpected, remainingMs]).not.toContain(undefined);
  expect(totalsText(known)).toBe("12,000 asked, 9,000 answered, 0 failed, 4.2M tokens, 1 min 1 s");
});

test("colours take no room", () => {
  const [line = []] = drawProgress([view()], { columns: 80, rows: 3 });
  const painted = paint(line, true);
  expect(painted).toContain("\u001b[31m3 failed\u001b[39m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(paint(line, false));
});

test.each([
  [0, "0"],
  [9_999, "9,999"],
  [10_000, "10k"],
  [999_499, "999k"],
  [999_500, "1.0M"],
  [99_400_000, "99.4M"],
  [123_456_789, "123M"],
  [999_500_000, "1.0G"],
])("%i tokens are %s", (count, shown) => expect(displayTokens(count)).toBe(shown));

test.each([
  [0n, "$0.00"],
  [1n, "$0.00000000"],
  [4_200_000_000n, "$0.0042"],
  [123_000_000_000n, "$0.12"],
  [994_000_000_000n, "$0.99"],
  [996_000_000_000n, "$1.00"],
  [12_345_000_000_000n, "$12.35"],
])("%s pico-dollars are %s", (amount, shown) => expect(displayUsd(amount)).toBe(shown));
