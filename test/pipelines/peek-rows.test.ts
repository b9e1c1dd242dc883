import fc from "fast-check";
import { expect, test } from "vitest";
import { peekRows } from "../../src/pipelines/peek-rows.ts";
import { goodRow } from "../stages/support.ts";

async function* arraysOf(sizes: readonly number[], seen: { taken: number; isClosed: boolean }) {
  try {
    let line = 0;
    for (const size of sizes) {
      seen.taken++;
      yield Array.from({ length: size }, () => goodRow(`${line}`, ++line));
    }
  } finally {
    seen.isClosed = true;
  }
}

test("says whether there are fewer, gives all rows on in order, and reads no further than it must", async () => {
  const sizes = fc.array(fc.nat(5), { maxLength: 20 });
  const property = fc.asyncProperty(sizes, fc.integer({ min: 1, max: 30 }), async (sizes, count) => {
    const seen = { taken: 0, isClosed: false };
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const { areFewer, rows } = await peekRows(arraysOf(sizes, seen), count);
    expect(areFewer).toBe(total < count);
    let needed = 0;
    for (let sum = 0; sum < count && needed < sizes.length; needed++) sum += sizes[needed] ?? 0;
    expect(seen.taken).toBe(needed);
    const lines: number[] = [];
    for await (const some of rows) lines.push(...some.map(({ position }) => position.line));
    expect(lines).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(seen.isClosed).toBe(true);
  });
  await fc.assert(property, { numRuns: 100 });
});

test("rows that are left early close their source", async () => {
  const seen = { taken: 0, isClosed: false };
  const { rows } = await peekRows(arraysOf([1, 1, 1, 1], seen), 2);
  for await (const _ of rows) break;
  expect(seen).toEqual({ taken: 2, isClosed: true });
});

test("large rows are many, before they fill the memory", async () => {
  const big = "x".repeat(1 << 20);
  let given = 0;
  async function* rows() {
    for (; given < 100; given++) yield [goodRow(big)];
  }
  expect((await peekRows(rows(), 1_000)).areFewer).toBe(false);
  expect(given).toBeLessThan(10);
});

test("a source that fails while it is looked at says so", async () => {
  async function* rows() {
    yield [goodRow("a")];
    throw new Error("torn");
  }
  await expect(peekRows(rows(), 5)).rejects.toThrow("torn");
});
