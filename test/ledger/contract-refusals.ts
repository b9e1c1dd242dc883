import { describe, expect, test } from "vitest";
import { answer, billed, broken, fetched, invalid, OVER, record, refusal, submitted } from "./billing.ts";
import { type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";

/** Requests that a run's budget did not admit. */
export function describeRefusals(backEnd: LedgerBackEnd): void {
  describe("what the budget refuses", () => {
    test("has failed without having been asked: for the run for good, for the next one not", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      bench.claim(run, "a", "b");
      bench.ledger.refuse(["a"], run.id, OVER);
      expect(bench.ledger.outcomes(["a", "b"], run)).toEqual([
        { kind: "failed", failure: OVER, attempts: 0, chunkId: undefined },
        { kind: "pending", chunkId: undefined, runId: run.id },
      ]);
      expect(bench.claim(run, "a", "b")).toEqual(["settled", "mine"]);
      bench.ledger.closeRun(run.id, { exitStatus: 76, isFinished: true });
      const next = bench.run("s");
      expect([next.id > run.id, bench.claim(next, "a")]).toEqual([true, ["new"]]);
      bench.ledger.closeRun(next.id, { exitStatus: 0, isFinished: true });
      expect(bench.claim(bench.run("other"), "a")).toEqual(["new"]);
    });

    test("is left to the run as long as that lives", () => {
      const bench = new LedgerBench(backEnd);
      const [run, other] = [bench.run("s"), bench.run("t")];
      bench.claim(run, "a");
      bench.ledger.refuse(["a"], run.id, OVER);
      expect(bench.claim(other, "a")).toEqual(["settled"]);
      bench.kill(run);
      expect(bench.claim(other, "a")).toEqual(["new"]);
    });

    test("only what the run has claimed, or has to ask again, is refused", () => {
      const bench = new LedgerBench(backEnd);
      const [run, other] = [bench.run("s"), bench.run("t")];
      const chunk = fetched(bench, run, ["answered", "refused", "again"]);
      record(bench, chunk, answer(bench, chunk, "answered"), refusal("refused"), broken("again"));
      bench.settle(chunk);
      submitted(bench, run, ["asked"]);
      bench.claim(other, "theirs");
      const keys = ["answered", "refused", "again", "asked", "theirs", "unheard"];
      bench.ledger.refuse(keys, run.id, OVER);
      expect(bench.kinds(run, ...keys)).toEqual(["answered", "failed", "failed", "pending", "pending", "unknown"]);
      expect(bench.ledger.outcomes(["refused", "again"], run)).toMatchObject([
        { failure: { code: "refused" } },
        { failure: OVER, attempts: 1, chunkId: undefined },
      ]);
      expect(bench.claim(other, "theirs")).toEqual(["mine"]);
    });

    test("a line that comes late for it counts: it was asked before, and is paid", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = fetched(bench, run, ["a"]);
      record(bench, chunk, invalid(bench, chunk, "a", billed(5n)));
      bench.settle(chunk);
      bench.ledger.refuse(["a"], run.id, OVER);
      expect(bench.ledger.spentOn(chunk.id)).toMatchObject({ requests: 1, cost: 5n });
      expect(bench.ledger.outcomes(["a"], run)).toMatchObject([{ kind: "failed", failure: OVER }]);
    });

    test("the next run has all its tries", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      bench.settle(fetched(bench, run, ["a"]));
      bench.settle(fetched(bench, run, ["a"]));
      bench.claim(run, "a");
      bench.ledger.refuse(["a"], run.id, OVER);
      bench.ledger.closeRun(run.id, { exitStatus: 76, isFinished: true });
      const next = bench.run("s");
      for (let attempt = 1; attempt <= RETRIES; attempt++) bench.settle(fetched(bench, next, ["a"]));
      expect(bench.kinds(next, "a")).toEqual(["pending"]);
    });

    test("nothing, and many at once", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const keys = Array.from({ length: 500 }, (_, index) => `key ${index}`);
      bench.claim(run, ...keys);
      bench.ledger.refuse([], run.id, OVER);
      bench.ledger.refuse(keys, run.id, OVER);
      expect(new Set(bench.kinds(run, ...keys))).toEqual(new Set(["failed"]));
    });
  });

  describe("what the budget refuses a fresh run", () => {
    /** An answer, and then a fresh run that is refused to ask again. */
    function refusedAnew() {
      const bench = new LedgerBench(backEnd);
      bench.answered("a");
      const [state] = bench.ledger.outcomes(["a"], { freshSince: 0 });
      return { bench, state };
    }

    async function refuseFresh(bench: LedgerBench) {
      await bench.clock.advance(1_000);
      const fresh = bench.run("fresh", { isFresh: true });
      expect(bench.claim(fresh, "a")).toEqual(["new"]);
      bench.ledger.refuse(["a"], fresh.id, OVER);
      return fresh;
    }

    test("has failed for it, and the older answer stands for all others, meanwhile and later", async () => {
      const { bench, state } = refusedAnew();
      const fresh = await refuseFresh(bench);
      const other = bench.run("t");
      expect(bench.ledger.outcomes(["a"], fresh)).toMatchObject([{ kind: "failed", failure: OVER }]);
      expect(bench.ledger.outcomes(["a"], other)).toEqual([state]);
      expect(bench.claim(other, "a")).toEqual(["settled"]);
      bench.ledger.closeRun(fresh.id, { exitStatus: 76, isFinished: true });
      expect(bench.ledger.outcomes(["a"], other)).toEqual([state]);
      expect(bench.claim(bench.run("u"), "a")).toEqual(["settled"]);
    });

    test("is not asked by the same run after all", async () => {
      const { bench } = refusedAnew();
      const fresh = await refuseFresh(bench);
      expect(bench.claim(fresh, "a")).toEqual(["settled"]);
    });

    test("is asked by the next fresh run; killed before it has asked, the older answer stands", async () => {
      const { bench, state } = refusedAnew();
      bench.ledger.closeRun((await refuseFresh(bench)).id, { exitStatus: 76, isFinished: true });
      await bench.clock.advance(1_000);
      const next = bench.run("next", { isFresh: true });
      expect(bench.claim(next, "a")).toEqual(["new"]);
      bench.kill(next);
      bench.run("next", { isFresh: true });
      expect(bench.ledger.outcomes(["a"], { freshSince: 0 })).toEqual([state]);
    });
  });
}
