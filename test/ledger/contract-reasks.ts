import { describe, expect, test } from "vitest";
import type { Run } from "../../src/ledger/ledger.ts";
import { INVALID, type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";

const SENT = [{ key: "a", sentKey: "sent a" }];

/** A run whose request a was answered invalidly, in a chunk that is settled. */
function replied(backEnd: LedgerBackEnd) {
  const bench = new LedgerBench(backEnd);
  const run = bench.run("s");
  const chunk = bench.chunk(run, "fetched", "a");
  const reply = bench.reply(chunk, "a", { reason: "no grade, 流 \u0000" });
  return { bench, run, chunk: bench.settle(chunk), reply };
}

/** Asks a once more, under another key. */
function askAgain(bench: LedgerBench, run: Run) {
  bench.ledger.claim(["a"], run);
  return bench.moveTo(bench.sealAs(run, SENT), "fetched");
}

export function describeReasks(backEnd: LedgerBackEnd): void {
  describe("replies that are no answer", () => {
    test("leave the request open, and go with it", () => {
      const { bench, run, chunk, reply } = replied(backEnd);
      expect(bench.kinds(run, "a")).toEqual(["pending"]);
      expect(bench.ledger.unasked(chunk.id, -1, 9)).toEqual([
        {
          key: "a",
          offset: 0,
          length: 9,
          tokens: 1,
          origin: "in.jsonl:1",
          attempts: 1,
          isReask: false,
          reply,
          code: INVALID.code,
        },
      ]);
      expect(bench.ledger.claim(["a"], run)).toEqual([{ kind: "new", reply }]);
      expect(bench.ledger.claim(["a"], run)).toEqual([{ kind: "mine" }]);
    });

    test("wouldClaim tells of them, too", () => {
      const { bench, run, reply } = replied(backEnd);
      expect(bench.ledger.wouldClaim(["a"], run)).toEqual([{ kind: "new", reply }]);
    });

    test("recorded twice, as after a crash in between, are the same", () => {
      const { bench, run, chunk, reply } = replied(backEnd);
      const outcome = { key: "a", kind: "retry", failure: INVALID, reply: { ...reply, reason: "other" } } as const;
      expect(bench.ledger.record(chunk.id, [outcome], RETRIES)).toEqual([false]);
      expect(bench.ledger.claim(["a"], run)).toEqual([{ kind: "new", reply }]);
    });

    test("are forgotten for a valid answer, in the same file or later", () => {
      const { bench, run, chunk } = replied(backEnd);
      bench.answer(chunk, "a");
      expect(bench.ledger.claim(["a"], run)).toEqual([{ kind: "settled" }]);
      expect(bench.ledger.outcomes(["a"], run)).toMatchObject([{ kind: "answered", attempts: 1 }]);
    });

    test("come back with the claim when a claim was void: killed, or left, before it was sealed", () => {
      const { bench, run, reply } = replied(backEnd);
      bench.claim(run, "a");
      bench.kill(run);
      const killed = bench.run("s");
      expect(bench.ledger.claim(["a"], killed)).toEqual([{ kind: "new", reply }]);
      bench.ledger.closeRun(killed.id, { exitStatus: 75, isFinished: false });
      const left = bench.run("s");
      expect(bench.ledger.claim(["a"], left)).toEqual([{ kind: "new", reply }]);
      bench.ledger.closeRun(left.id, { exitStatus: 75, isFinished: false });
      expect(bench.ledger.claim(["a"], bench.run("another command"))).toEqual([{ kind: "new", reply }]);
    });

    test("come back, tries and all, when another command takes up the claim of a process that was killed", () => {
      const { bench, run, reply } = replied(backEnd);
      bench.claim(run, "a");
      bench.kill(run);
      const other = bench.run("another command");
      expect(bench.ledger.claim(["a"], other)).toEqual([{ kind: "new", reply }]);
      bench.answer(bench.moveTo(bench.sealAs(other, SENT), "fetched"), "sent a");
      expect(bench.ledger.outcomes(["a"], other)).toMatchObject([{ kind: "answered", attempts: 2 }]);
    });

    test("come back with the claim when the chunk was sealed and never sent, and that was no try", () => {
      for (const takeOver of ["s", "another command"]) {
        const { bench, run, reply } = replied(backEnd);
        bench.claim(run, "a");
        bench.moveTo(bench.sealAs(run, SENT), "uploaded");
        bench.kill(run);
        const other = bench.run(takeOver);
        expect(bench.ledger.claim(["a"], other)).toEqual([{ kind: "new", reply }]);
        const chunk = bench.moveTo(bench.sealAs(other, SENT), "fetched");
        bench.answer(chunk, "sent a");
        expect(bench.ledger.outcomes(["a"], other)).toMatchObject([{ kind: "answered", attempts: 2 }]);
      }
    });

    test("of a request that others ask are nobody else's business", () => {
      const { bench } = replied(backEnd);
      const [claim] = bench.ledger.claim(["a"], bench.run("t"));
      expect(claim).toEqual({ kind: "elsewhere", runId: expect.any(Number) });
    });

    test("the last one counts; a try that brought none leaves the one before", () => {
      const { bench, run, reply: first } = replied(backEnd);
      const broken = askAgain(bench, run);
      const failure = { code: "server_error", message: "500" } as const;
      bench.ledger.record(broken.id, [{ key: "sent a", kind: "retry", failure }], RETRIES);
      expect(bench.ledger.unasked(broken.id, -1, 9)).toMatchObject([{ key: "a", isReask: true, reply: first }]);
      bench.settle(broken);
      const second = askAgain(bench, run);
      const last = bench.reply(second, "sent a", { reason: "still none", offset: 50 });
      bench.settle(second);
      expect(bench.ledger.unasked(second.id, -1, 9)).toMatchObject([{ key: "a", attempts: 3, reply: last }]);
      expect(bench.ledger.claim(["a"], run)).toEqual([{ kind: "new", reply: last }]);
    });

    test("a request is asked as often as allowed, and then fails with what was wrong and the last reply", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      for (let attempt = 1; attempt <= RETRIES + 1; attempt++) {
        expect(bench.claim(run, "a")).toEqual(["new"]);
        const chunk = bench.moveTo(attempt === 1 ? bench.seal(run, "a") : bench.sealAs(run, SENT), "fetched");
        const { result } = bench.reply(chunk, attempt === 1 ? "a" : "sent a", { offset: attempt * 10 });
        bench.settle(chunk);
        if (attempt <= RETRIES) expect(bench.kinds(run, "a")).toEqual(["pending"]);
        else {
          const failed = { kind: "failed", failure: INVALID, attempts: attempt, chunkId: chunk.id, result };
          expect(bench.ledger.outcomes(["a"], run)).toEqual([failed]);
        }
      }
      expect(bench.claim(run, "a")).toEqual(["settled"]);
    });

    test("a failure without a reply shows none, whatever came before", () => {
      const { bench, run } = replied(backEnd);
      const chunk = askAgain(bench, run);
      bench.ledger.settle(chunk.id, { failure: INVALID, retries: 0, isAttempt: true });
      const failed = { kind: "failed", failure: INVALID, attempts: 2, chunkId: chunk.id };
      expect(bench.ledger.outcomes(["a"], run)).toEqual([failed]);
    });

    test("tries are counted across kills, with a reason or without", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      let tries = 0;
      for (; bench.kinds(run, "a")[0] !== "failed" && tries < 9; tries++) {
        bench.claim(run, "a");
        bench.kill(run);
        bench.run("s");
        bench.claim(run, "a");
        const chunk = bench.moveTo(tries === 0 ? bench.seal(run, "a") : bench.sealAs(run, SENT), "fetched");
        bench.reply(chunk, tries === 0 ? "a" : "sent a");
        bench.settle(chunk);
      }
      expect(tries).toBe(RETRIES + 1);
    });

    test("a failure that is final is not asked again by later runs: an invalid answer was paid for", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a");
      bench.reply(chunk, "a", { retries: 0 });
      bench.settle(chunk);
      bench.ledger.closeRun(run.id, { exitStatus: 1, isFinished: true });
      expect(bench.claim(bench.run("s"), "a")).toEqual(["settled"]);
    });
  });

  describe("requests that are sent under another key", () => {
    test("are found by it, in their chunk only", () => {
      const { bench, run, chunk: first } = replied(backEnd);
      const chunk = askAgain(bench, run);
      const keys = ["sent a", "a", "of nobody"].map((key) => bench.ledger.askedKey(chunk.id, key));
      expect(keys).toEqual(["a", "a", "of nobody"]);
      expect(bench.ledger.askedKey(first.id, "sent a")).toBe("sent a");
    });

    test("have their outcome filed under their own, whatever it is; others beside them as ever", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const keys = ["answered", "refused", "broken", "silent", "plain"];
      bench.claim(run, ...keys);
      const sent = keys.map((key) => (key === "plain" ? { key } : { key, sentKey: `sent ${key}` }));
      const chunk = bench.moveTo(bench.sealAs(run, sent), "fetched");
      const result = bench.result(chunk, 30);
      const refused = { code: "refused", message: "no" } as const;
      const counted = bench.ledger.record(
        chunk.id,
        [
          { key: "sent answered", kind: "answered", result },
          { key: "sent refused", kind: "failed", failure: refused, result },
          { key: "sent broken", kind: "retry", failure: INVALID },
          { key: "plain", kind: "answered", result },
          { key: "sent plain", kind: "answered", result },
        ],
        RETRIES,
      );
      expect(counted).toEqual([true, true, true, true, false]);
      bench.settle(chunk);
      expect(bench.ledger.outcomes(keys, run)).toMatchObject([
        { kind: "answered", result },
        { kind: "failed", failure: refused, result },
        ...[{ kind: "pending" }, { kind: "pending" }, { kind: "answered" }],
      ]);
      expect(bench.kinds(run, "sent answered", "sent broken", "sent plain")).toEqual(Array(3).fill("unknown"));
      expect(bench.ledger.unasked(chunk.id, -1, 9)).toMatchObject([
        { key: "broken", isReask: true },
        { key: "silent", isReask: true },
      ]);
    });

    test("that nobody has claimed are not sealed, and not found", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      expect(() => bench.sealAs(run, SENT)).toThrow();
      const chunk = bench.chunk(run, "sealed", "b");
      expect(bench.ledger.askedKey(chunk.id, "sent a")).toBe("sent a");
    });
  });

  describe("fresh runs", () => {
    test("ask without the replies that came before an older answer", async () => {
      const { bench, run } = replied(backEnd);
      const chunk = askAgain(bench, run);
      bench.answer(chunk, "sent a");
      bench.settle(chunk);
      bench.ledger.closeRun(run.id, { exitStatus: 0, isFinished: true });
      await bench.clock.advance(1);
      const fresh = bench.run("f", { isFresh: true });
      expect(bench.ledger.claim(["a"], fresh)).toEqual([{ kind: "new" }]);
      const again = bench.settle(bench.moveTo(bench.seal(fresh, "a"), "fetched"));
      expect(bench.ledger.unasked(again.id, -1, 9)).toMatchObject([{ key: "a", attempts: 1, isReask: false }]);
      expect(bench.ledger.unasked(again.id, -1, 9)[0]).not.toHaveProperty("reply");
    });

    test("ask without the replies that a failure ended with", async () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a");
      bench.reply(chunk, "a", { retries: 0 });
      bench.settle(chunk);
      bench.ledger.closeRun(run.id, { exitStatus: 1, isFinished: true });
      await bench.clock.advance(1);
      const fresh = bench.run("f", { isFresh: true });
      expect(bench.ledger.claim(["a"], fresh)).toEqual([{ kind: "new" }]);
      expect(bench.ledger.outcomes(["a"], fresh)).toMatchObject([{ kind: "pending" }]);
    });

    test("that meet an invalid reply themselves leave the old answer standing for others", async () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("a");
      await bench.clock.advance(1);
      const fresh = bench.run("f", { isFresh: true });
      const chunk = bench.chunk(fresh, "fetched", "a");
      const reply = bench.reply(chunk, "a", { offset: 70 });
      bench.settle(chunk);
      expect(bench.kinds(bench.run("t"), "a")).toEqual(["answered"]);
      expect(bench.ledger.claim(["a"], fresh)).toEqual([{ kind: "new", reply }]);
    });
  });
}
