import { describe, expect, test } from "vitest";
import {
  answer,
  BROKEN,
  billed,
  broken,
  fetched,
  invalid,
  record,
  refusal,
  spend,
  submitted,
  tellAll,
} from "./billing.ts";
import { type LedgerBackEnd, LedgerBench } from "./harness.ts";

const NO_USAGE = { input: 0, cached: 0, output: 0, reasoning: 0 };

/** The books of a ledger back end: what was billed, for which chunk, and who was told. */
export function describeAccounts(backEnd: LedgerBackEnd): void {
  describe("what a chunk was billed", () => {
    test("is the sum over its replies, whatever became of them; what was not billed is not in it", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = fetched(bench, run, ["a", "f", "r", "i", "n"], { estimatedCost: 500n });
      expect(bench.ledger.spentOn(chunk.id)).toEqual({
        ...{ requests: 0, unpriced: 0, usage: NO_USAGE, cost: 0n, estimatedCost: 500n },
      });
      const counted = record(
        ...[bench, chunk],
        answer(bench, chunk, "a", billed(100n, { input: 30, cached: 20, output: 9, reasoning: 4 })),
        refusal("f", billed(20n)),
        broken("r"),
        invalid(bench, chunk, "i", billed(3n)),
        answer(bench, chunk, "n"),
      );
      expect(counted).toEqual([true, true, true, true, true]);
      expect(bench.ledger.spentOn(chunk.id)).toEqual({
        requests: 3,
        unpriced: 0,
        usage: { input: 50, cached: 20, output: 13, reasoning: 4 },
        cost: 123n,
        estimatedCost: 500n,
      });
    });

    test("is booked once for each reply: filed twice, settled, filed again, and by another process", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = fetched(bench, bench.run("s"), ["a", "f", "i"]);
      const outcomes = [
        answer(bench, chunk, "a", billed(100n)),
        refusal("f", billed(20n)),
        invalid(bench, chunk, "i", billed(3n)),
      ];
      record(bench, chunk, ...outcomes);
      const once = bench.ledger.spentOn(chunk.id);
      expect(once).toMatchObject({ requests: 3, cost: 123n });
      expect(record(bench, chunk, ...outcomes)).toEqual([false, false, false]);
      bench.settle(chunk);
      record(bench, chunk, ...outcomes);
      bench.open().record(chunk.id, outcomes, 3);
      expect(bench.ledger.spentOn(chunk.id)).toEqual(once);
    });

    test("killed between two of its files, it is booked on where it was", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = fetched(bench, run, ["a", "b"]);
      const [first, second] = [answer(bench, chunk, "a", billed(100n)), answer(bench, chunk, "b", billed(7n))];
      record(bench, chunk, first);
      bench.ledger.close();
      bench.kill(run);
      const ledger = bench.open();
      ledger.openRun({ pipeline: "test", label: "rows", signature: "s", isFresh: false, files: [] });
      expect(ledger.record(chunk.id, [first, second], 3)).toEqual([false, true]);
      expect(ledger.spentOn(chunk.id)).toMatchObject({ requests: 2, cost: 107n });
    });

    test("lines that do not count are not booked: doubled ones, those of other chunks, and of nobody", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const [chunk, other] = [fetched(bench, run, ["a"]), submitted(bench, run, ["b"])];
      record(
        ...[bench, chunk],
        answer(bench, chunk, "a", billed(1n)),
        answer(bench, chunk, "a", billed(10n)),
        refusal("a", billed(100n)),
        answer(bench, chunk, "b", billed(1_000n)),
        answer(bench, chunk, "nobody", billed(10_000n)),
      );
      expect(bench.ledger.spentOn(chunk.id)).toMatchObject({ requests: 1, cost: 1n });
      expect(bench.ledger.spentOn(other.id)).toMatchObject({ requests: 0, cost: 0n });
    });

    test("a request that is asked again with a reason is booked for the chunk it was asked in, each time", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const first = fetched(bench, run, ["a"]);
      record(bench, first, invalid(bench, first, "a", billed(5n)));
      bench.settle(first);
      bench.ledger.claim(["a"], run);
      const again = bench.moveTo(bench.sealAs(run, [{ key: "a", sentKey: "a+" }]), "fetched");
      const outcome = answer(bench, again, "a+", billed(8n));
      expect(record(bench, again, outcome, outcome)).toEqual([true, false]);
      expect(bench.ledger.spentOn(first.id)).toMatchObject({ requests: 1, cost: 5n });
      expect(bench.ledger.spentOn(again.id)).toMatchObject({ requests: 1, cost: 8n });
    });

    test("replies whose price is not known are counted, and are in no sum of money", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = fetched(bench, bench.run("s"), ["a", "b"]);
      record(bench, chunk, answer(bench, chunk, "a", billed(undefined)), answer(bench, chunk, "b", billed(9n)));
      expect(bench.ledger.spentOn(chunk.id)).toEqual({
        ...{ requests: 2, unpriced: 1, usage: { ...NO_USAGE, input: 20, output: 4 }, cost: 9n },
        estimatedCost: undefined,
      });
    });

    test("is exact beyond what a double holds", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const cost = 2n ** 60n + 1n;
      const chunk = spend(bench, run, { a: billed(cost), b: billed(cost + 2n) }, { estimatedCost: cost });
      expect(bench.ledger.spentOn(chunk.id)).toMatchObject({ cost: 2n ** 61n + 4n, estimatedCost: cost });
      expect(bench.ledger.totalsOf(run.id).cost).toBe(2n ** 61n + 4n);
    });
  });

  describe("what a run has taken", () => {
    test("money for what is settled, tokens for what was put to the provider; nothing of other runs", () => {
      const bench = new LedgerBench(backEnd);
      const [run, other] = [bench.run("s"), bench.run("t")];
      expect(bench.ledger.totalsOf(run.id)).toEqual({ cost: 0n, tokens: 0 });
      spend(bench, run, { a: billed(100n) }, { tokens: 7 });
      const collected = fetched(bench, run, ["b"], { tokens: 20 });
      record(bench, collected, answer(bench, collected, "b", billed(1_000n)));
      submitted(bench, run, ["c"], { tokens: 300 });
      bench.ledger.claim(["d"], run);
      bench.moveTo(bench.sealAs(run, [{ key: "d" }], { tokens: 4_000 }), "uploaded");
      spend(bench, other, { e: billed(50_000n) }, { tokens: 50_000 });
      expect(bench.ledger.totalsOf(run.id)).toEqual({ cost: 100n, tokens: 327 });
    });

    test("nothing for what the provider has turned away; a batch that failed and left results was looked at", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const { ledger } = bench;
      const failed = ledger.advance(submitted(bench, run, ["a"], { tokens: 7 }).id, "ended", { batchStatus: "failed" });
      expect(ledger.totalsOf(run.id).tokens).toBe(7);
      ledger.settle(failed.id, { failure: BROKEN, retries: 3, isAttempt: false });
      expect(ledger.totalsOf(run.id).tokens).toBe(0);
      const facts = { batchStatus: "failed", errorFileId: "file-1" };
      bench.settle(ledger.advance(submitted(bench, run, ["b"], { tokens: 30 }).id, "ended", facts));
      expect(ledger.totalsOf(run.id).tokens).toBe(30);
    });

    test("goes over to the run that takes a dead one's chunk", () => {
      const bench = new LedgerBench(backEnd);
      const dead = bench.run("s");
      submitted(bench, dead, ["a"], { tokens: 7 });
      bench.kill(dead);
      const run = bench.run("t");
      expect(bench.claim(run, "a")).toEqual(["inChunk"]);
      expect([bench.ledger.totalsOf(dead.id).tokens, bench.ledger.totalsOf(run.id).tokens]).toEqual([0, 7]);
    });

    test("what cannot be priced counts as much as was expected", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      spend(bench, run, { a: billed(undefined), b: billed(3n) }, { estimatedCost: 50n });
      spend(bench, run, { c: billed(undefined), d: billed(70n) }, { estimatedCost: 50n });
      spend(bench, run, { e: billed(undefined) });
      expect(bench.ledger.totalsOf(run.id).cost).toBe(120n);
    });
  });

  test("output per reply: of a model at a provider, and of a run", () => {
    const bench = new LedgerBench(backEnd);
    const [run, other] = [bench.run("s"), bench.run("t")];
    expect([bench.ledger.meanOutput("p", "m"), bench.ledger.meanOutputOf(run.id)]).toEqual([undefined, undefined]);
    bench.settle(fetched(bench, run, ["unanswered"]));
    expect([bench.ledger.meanOutput("p", "m"), bench.ledger.meanOutputOf(run.id)]).toEqual([undefined, undefined]);
    spend(bench, run, { a: billed(1n, { output: 10 }), b: billed(undefined, { output: 21 }) });
    spend(bench, other, { c: billed(1n, { output: 100 }) });
    spend(bench, other, { d: billed(1n, { output: 5_000 }) }, { model: "other" });
    spend(bench, other, { e: billed(1n, { output: 5_000 }) }, { provider: "other" });
    expect(bench.ledger.meanOutput("p", "m")).toBeCloseTo(131 / 3, 10);
    expect(bench.ledger.meanOutputOf(run.id)).toBe(15.5);
    expect(bench.ledger.meanOutput("p", "unheard")).toBeUndefined();
  });

  test("overhead per request: what was billed beyond what was counted, of one kind, in the last whole batches", () => {
    const bench = new LedgerBench(backEnd);
    const run = bench.run("s");
    const kind = { provider: "p", endpoint: "/v1/chat/completions", model: "m" };
    const given = { ...kind, tokens: 15 };
    expect(bench.ledger.meanOverhead(kind)).toBeUndefined();
    // Of one request nothing came: nobody knows what of the count was billed.
    const part = fetched(bench, run, ["part", "lost"], given);
    record(bench, part, answer(bench, part, "part", billed(1n, { input: 500 })));
    bench.settle(part);
    expect(bench.ledger.meanOverhead(kind)).toBeUndefined();
    spend(bench, run, { a: billed(1n, { input: 10 }), b: billed(undefined, { input: 12 }) }, given);
    expect(bench.ledger.meanOverhead(kind)).toBe(3.5);
    // Of these 30, 14 were not counted.
    spend(bench, run, { c: billed(1n), d: billed(1n, { input: 13 }) }, { ...given, tokens: 30, overheadTokens: 14 });
    expect(bench.ledger.meanOverhead(kind)).toBe((7 + 7) / 4);
    spend(bench, run, { e: billed(1n, { input: 900 }) }, { ...given, model: "other" });
    spend(bench, run, { f: billed(1n, { input: 900 }) }, { ...given, endpoint: "/v1/responses" });
    expect(bench.ledger.meanOverhead(kind)).toBe(3.5);
    for (let batch = 0; batch < 20; batch++) spend(bench, run, { [`g${batch}`]: billed(1n, { input: 11 }) }, given);
    expect(bench.ledger.meanOverhead(kind)).toBe(-4);
  });

  describe("telling", () => {
    test("hands over what is settled, each once, oldest first, a few at a time", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const names = ["a", "b", "c", "d", "e"].map((key) => spend(bench, run, { [key]: billed(1n) }).name);
      submitted(bench, run, ["at work"]);
      fetched(bench, run, ["collected"]);
      const told: number[] = [];
      const ledger = bench.open();
      for (let count = 2; count === 2; told.push(count)) {
        count = bench.ledger.tell(2, (some) => expect(some.map(({ chunk }) => chunk.name)).toEqual(names.splice(0, 2)));
      }
      expect([told, names]).toEqual([[2, 2, 1], []]);
      expect([tellAll(bench.ledger), tellAll(ledger)]).toEqual([[], []]);
    });

    test("says what there is to say", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = spend(bench, run, { a: billed(5n) }, { estimatedCost: 6n, apiKeyId: "0123abcd" });
      spend(bench, run, { b: billed(5n) });
      const { ledger, clock } = bench;
      ledger.tell(9, ([first, second]) => {
        expect(first).toEqual({
          chunk: ledger.chunk(chunk.id),
          spent: ledger.spentOn(chunk.id),
          settledAt: clock.now(),
          apiKeyId: "0123abcd",
        });
        expect(second?.apiKeyId).toBeUndefined();
      });
    });

    test("is not done when the teller throws", () => {
      const bench = new LedgerBench(backEnd);
      const { name } = spend(bench, bench.run("s"), { a: billed(1n) });
      const fail = () => {
        throw new Error("the disk is full");
      };
      expect(() => bench.ledger.tell(9, fail)).toThrow("the disk is full");
      expect(tellAll(bench.ledger)).toEqual([name]);
    });

    test("what never got a batch is not told of; a batch of which nothing was answered is", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      bench.ledger.claim(["a"], run);
      bench.settle(bench.seal(run, "a"));
      const expired = bench.settle(fetched(bench, run, ["b"]));
      expect(tellAll(bench.ledger)).toEqual([expired.name]);
    });

    test("with nothing to tell nobody is asked", () => {
      const bench = new LedgerBench(backEnd);
      expect(bench.ledger.tell(9, () => expect.fail("there was nothing to tell"))).toBe(0);
    });
  });
}
