import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { StageBench } from "../stages/support.ts";
import { answersFirst, askedOf, billedBy, priceOf, type Question, spend } from "./spending.ts";

vi.setConfig({ testTimeout: 120_000 });

const MOST_OUTPUT = 9;
const sizes = fc.record({ chunkRows: fc.constantFrom(1, 2, 4, 50), arrayRows: fc.constantFrom(1, 3, 100) });
const question = fc.record({ input: fc.integer({ min: 1, max: 50 }), output: fc.nat(MOST_OUTPUT) });
const questions = fc.array(question, { minLength: 1, maxLength: 12 });
const OVER = "budget_exceeded";

/** What is reserved for a question. */
function boundOf({ input }: Question): bigint {
  return priceOf({ input, output: MOST_OUTPUT });
}

function sumOf(some: readonly Question[], costOf = priceOf): bigint {
  return some.reduce((sum, one) => sum + costOf(one), 0n);
}

function tokensOf(some: readonly Question[]): number {
  return some.reduce((sum, { input }) => sum + input, 0);
}

describe("with bounds, whatever the batches come to", () => {
  const percent = fc.integer({ min: 0, max: 130 });
  const fates = fc.array(fc.constantFrom(0, 0.4, 0.5, 1), { maxLength: 6 });

  test("never beyond --max-cost, nothing refused that would have fit, and every row once", async () => {
    await fc.assert(
      fc.asyncProperty(questions, percent, fates, sizes, async (some, part, ends, size) => {
        const maxCost = (sumOf(some, boundOf) * BigInt(part)) / 100n;
        const limits = { maxCost, mostOutput: MOST_OUTPUT, ...size };
        const { codes, error, bench } = await spend(some, limits, ends.map(answersFirst));
        expect([error, codes.length]).toEqual([undefined, some.length]);
        const billed = billedBy(bench);
        expect(billed).toBeLessThanOrEqual(maxCost);
        expect(bench.ledger.totalsOf(bench.run.id).cost).toBe(billed);
        expect(sumOf(some.filter((_, index) => codes[index] === null))).toBe(billed);
        const refused = some.filter((_, index) => codes[index] === OVER);
        for (const one of refused) expect(billed + boundOf(one)).toBeGreaterThan(maxCost);
        expect(bench.counters.requestsRefused).toBe(refused.length);
      }),
      { numRuns: 25 },
    );
  });

  test("never beyond --token-limit, a second try counted too, and nothing refused that would have fit", async () => {
    await fc.assert(
      fc.asyncProperty(questions, percent, fates, async (some, part, ends) => {
        const tokenLimit = Math.floor((tokensOf(some) * part) / 100);
        const { codes, bench } = await spend(some, { tokenLimit }, ends.map(answersFirst));
        const asked = tokensOf(askedOf(bench));
        expect(asked).toBeLessThanOrEqual(tokenLimit);
        expect(bench.ledger.totalsOf(bench.run.id).tokens).toBe(asked);
        for (const [index, one] of some.entries()) {
          if (codes[index] === OVER) expect(asked + one.input).toBeGreaterThan(tokenLimit);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("again without a limit, only what was refused is asked", async () => {
    await fc.assert(
      fc.asyncProperty(questions, percent, async (some, part) => {
        const maxCost = (sumOf(some, boundOf) * BigInt(part)) / 100n;
        const first = await spend(some, { maxCost, mostOutput: MOST_OUTPUT });
        const asked = askedOf(first.bench).length;
        const again = await spend(some, {}, [], new StageBench({ earlier: first.bench }));
        expect(again.codes).toEqual(some.map(() => null));
        const refused = first.codes.filter((code) => code === OVER).length;
        expect([asked + refused, askedOf(again.bench).length]).toEqual([some.length, some.length]);
        expect(billedBy(again.bench)).toBe(sumOf(some));
      }),
      { numRuns: 15 },
    );
  });
});

describe("without bounds, by what the first answers were like", () => {
  /** Answers whose lengths differ a good deal. */
  const some = Array.from({ length: 60 }, (_, index) => ({ input: 10, output: 20 + ((index * 7) % 21) }));

  test.each([5, 20, 35, 50, 65, 80, 95])("with %s percent of what all would cost it stays within", async (percent) => {
    const maxCost = (sumOf(some) * BigInt(percent)) / 100n;
    const { codes, bench } = await spend(some, { maxCost, chunkRows: 30 });
    const answered = codes.filter((code) => code === null).length;
    expect(billedBy(bench)).toBeLessThanOrEqual(maxCost);
    expect(codes.filter((code) => code === OVER)).toHaveLength(60 - answered);
    if (percent > 10) expect(billedBy(bench)).toBeGreaterThan((maxCost * 6n) / 10n);
    expect(bench.log.warnings).toContainEqual(expect.stringContaining("a tenth of --max-cost"));
  });

  test("with a little more than all would cost, all are answered", async () => {
    const { codes, bench } = await spend(some, { maxCost: (sumOf(some) * 115n) / 100n, chunkRows: 7 });
    expect(codes).toEqual(some.map(() => null));
    expect(billedBy(bench)).toBe(sumOf(some));
  });

  test("answers a hundred times as long as those of another prompt do not lead it astray", async () => {
    const short = Array.from({ length: 10 }, () => ({ input: 10, output: 1 }));
    const earlier = (await spend(short, {})).bench;
    const before = billedBy(earlier);
    const long = Array.from({ length: 60 }, () => ({ input: 11, output: 100 }));
    const maxCost = sumOf(long) / 2n;
    const { codes, bench } = await spend(long, { maxCost }, [], new StageBench({ earlier }));
    expect(billedBy(bench) - before).toBeLessThanOrEqual(maxCost);
    expect(codes).toContain(OVER);
    expect(codes).toContain(null);
  });
});

test("a batch that the provider has turned away has taken none of the limits", async () => {
  const some = Array.from({ length: 6 }, () => ({ input: 10, output: 5 }));
  const complaint = {
    code: "token_limit_exceeded",
    message: "Enqueued token limit reached. Limit: 30 enqueued tokens.",
  };
  const turnedAway = { status: "failed", complaints: [complaint] } as const;
  const limits = { tokenLimit: 60, maxCost: sumOf(some), mostOutput: 5, chunkRows: 6 };
  const { codes, bench } = await spend(some, limits, [turnedAway]);
  expect(bench.provider.batches.length).toBeGreaterThan(2);
  expect(codes).toEqual(some.map(() => null));
});

test("what was refused in an execution that was cut short is asked when the limit is raised", async () => {
  const some = Array.from({ length: 6 }, () => ({ input: 10, output: 5 }));
  const bench = new StageBench({ waitMs: 0 });
  const first = await spend(some, { tokenLimit: 30 }, [], bench);
  expect(first.error).toMatchObject({ exitStatus: 75 });
  const again = await spend(some, { tokenLimit: 60 }, [], new StageBench({ earlier: bench }));
  expect(again.bench.run.id).toBe(bench.run.id);
  expect(again.codes).toEqual(some.map(() => null));
});
