import { describe, expect, test } from "vitest";
import { type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";

export function describeClaims(backEnd: LedgerBackEnd): void {
  describe("claims", () => {
    test("a key is new once, then one's own; for others it is asked elsewhere", () => {
      const bench = new LedgerBench(backEnd);
      const [mine, theirs] = [bench.run("s"), bench.run("t")];
      expect(bench.claim(mine, "a", "b")).toEqual(["new", "new"]);
      expect(bench.claim(mine, "b", "c", "a")).toEqual(["mine", "new", "mine"]);
      expect(bench.ledger.claim(["a", "d"], theirs)).toEqual([{ kind: "elsewhere", runId: mine.id }, { kind: "new" }]);
    });

    test("sealed, it is in its chunk, for others still elsewhere", () => {
      const bench = new LedgerBench(backEnd);
      const [mine, theirs] = [bench.run("s"), bench.run("t")];
      const chunk = bench.chunk(mine, "sealed", "a");
      expect(bench.ledger.claim(["a"], mine)).toEqual([{ kind: "inChunk", chunkId: chunk.id }]);
      expect(bench.ledger.claim(["a"], theirs)).toEqual([{ kind: "elsewhere", runId: mine.id }]);
    });

    test("answered, it is settled for everybody", () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("a");
      expect(bench.claim(bench.run("s"), "a")).toEqual(["settled"]);
      expect(bench.claim(bench.run("t", {}, bench.open()), "a")).toEqual(["settled"]);
    });

    test("no keys, and many", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      expect(bench.ledger.claim([], run)).toEqual([]);
      const keys = Array.from({ length: 500 }, (_, index) => `"key'${index}\\流`);
      expect(new Set(bench.claim(run, ...keys))).toEqual(new Set(["new"]));
      expect(new Set(bench.claim(run, ...keys.toReversed()))).toEqual(new Set(["mine"]));
    });

    test("wouldClaim says the same and claims nothing", () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("answered");
      const [mine, theirs, dead] = [bench.run("s"), bench.run("t"), bench.run("u")];
      bench.claim(theirs, "theirs");
      bench.claim(dead, "void");
      const chunk = bench.chunk(mine, "sealed", "in chunk");
      bench.kill(dead);
      const keys = ["answered", "theirs", "void", "in chunk", "new"];
      const foreseen = bench.ledger.wouldClaim(keys, mine);
      expect(bench.ledger.wouldClaim(keys, mine)).toEqual(foreseen);
      expect(bench.ledger.claim(keys, mine)).toEqual(foreseen);
      expect(foreseen[3]).toEqual({ kind: "inChunk", chunkId: chunk.id });
    });

    test("the claim of a dead process is void", () => {
      const bench = new LedgerBench(backEnd);
      const dead = bench.run("s");
      bench.claim(dead, "a");
      bench.kill(dead);
      const other = bench.run("t");
      expect(bench.claim(other, "a")).toEqual(["new"]);
      expect(bench.claim(bench.run("s"), "a")).toEqual(["elsewhere"]);
    });

    test.each(["sealed", "uploading", "uploaded"] as const)(
      "a dead process's chunk that was %s is dissolved",
      (state) => {
        const bench = new LedgerBench(backEnd);
        const dead = bench.run("s");
        const chunk = bench.chunk(dead, state, "a", "b");
        bench.kill(dead);
        const other = bench.run("t");
        expect(bench.claim(other, "a", "b")).toEqual(["new", "new"]);
        expect(bench.ledger.chunk(chunk.id).state).toBe("settled");
        bench.seal(other, "a", "b");
      },
    );

    test("one that may have been asked is adopted, whole", () => {
      const bench = new LedgerBench(backEnd);
      const dead = bench.run("s");
      const chunk = bench.chunk(dead, "submitted", "a", "b");
      bench.kill(dead);
      const other = bench.run("t");
      expect(bench.ledger.claim(["a"], other)).toEqual([{ kind: "inChunk", chunkId: chunk.id }]);
      expect(bench.ledger.chunk(chunk.id)).toMatchObject({ runId: other.id, state: "submitted" });
      expect(bench.ledger.claim(["b"], bench.run("s"))).toEqual([{ kind: "elsewhere", runId: other.id }]);
      bench.settle(bench.moveTo(bench.ledger.chunk(chunk.id), "fetched"));
      expect(bench.claim(other, "a", "b")).toEqual(["new", "new"]);
    });

    test("a failure worth retrying stands for the run that met it, also after a crash; a later run asks again", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "passing", "final");
      bench.ledger.record(chunk.id, [{ key: "final", kind: "failed", failure: { code: "rejected", message: "" } }], 0);
      bench.ledger.settle(chunk.id, { failure: { code: "expired", message: "" }, retries: 0, isAttempt: true });
      expect(bench.claim(run, "passing", "final")).toEqual(["settled", "settled"]);
      bench.kill(run);
      const again = bench.run("s");
      expect(again.id).toBe(run.id);
      expect(bench.claim(again, "passing", "final")).toEqual(["settled", "settled"]);
      expect(bench.claim(bench.run("at the same time"), "passing")).toEqual(["settled"]);
      bench.ledger.closeRun(again.id, { exitStatus: 1, isFinished: true });
      expect(bench.claim(bench.run("s"), "passing", "final")).toEqual(["new", "settled"]);
    });

    test("what an unfinished run failed at is asked again by another", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a");
      bench.ledger.settle(chunk.id, { failure: { code: "expired", message: "" }, retries: 0, isAttempt: true });
      bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: false });
      expect(bench.claim(bench.run("t"), "a")).toEqual(["new"]);
    });
  });

  describe("fresh runs", () => {
    test("ask again what was answered before them, and only once", async () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("a");
      await bench.clock.advance(1);
      const fresh = bench.run("s", { isFresh: true });
      expect(bench.kinds(fresh, "a")).not.toContain("answered");
      const chunk = bench.chunk(fresh, "fetched", "a");
      await bench.clock.advance(1);
      bench.ledger.record(chunk.id, [{ key: "a", kind: "answered", result: bench.result(chunk, 100) }], RETRIES);
      bench.settle(chunk);
      expect(bench.claim(fresh, "a")).toEqual(["settled"]);
      const later = bench.run("t");
      expect(bench.ledger.outcomes(["a"], later)).toMatchObject([{ kind: "answered", result: { offset: 100 } }]);
    });

    test("go on after a kill from what they have asked, not from the start", async () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("a", "b");
      await bench.clock.advance(1);
      const fresh = bench.run("s", { isFresh: true });
      const chunk = bench.chunk(fresh, "fetched", "a");
      await bench.clock.advance(1);
      bench.answer(chunk, "a");
      bench.settle(chunk);
      bench.kill(fresh);
      const again = bench.run("s", { isFresh: true });
      expect(again).toEqual({ ...fresh, isTakenOver: true });
      expect(bench.claim(again, "a", "b")).toEqual(["settled", "new"]);
    });

    test.each(["claimed", "sealed", "uploaded", "submitted"] as const)(
      "abandoned with a request %s, they leave the old answer standing",
      async (state) => {
        const bench = new LedgerBench(backEnd);
        bench.answered("a");
        await bench.clock.advance(1);
        const fresh = bench.run("s", { isFresh: true });
        if (state === "claimed") bench.claim(fresh, "a");
        else bench.chunk(fresh, state, "a");
        expect(bench.claim(bench.run("meanwhile"), "a")).toEqual(["settled"]);
        bench.kill(fresh);
        const ordinary = bench.run("t");
        expect(bench.claim(ordinary, "a")).toEqual(["settled"]);
        expect(bench.kinds(ordinary, "a")).toEqual(["answered"]);
        bench.run("s", { isFresh: true });
        expect(bench.kinds(ordinary, "a")).toEqual(["answered"]);
      },
    );

    test("closed before they asked, they leave all as it was", async () => {
      const bench = new LedgerBench(backEnd);
      bench.answered("a");
      const ordinary = bench.run("t");
      const before = bench.ledger.outcomes(["a"], ordinary);
      await bench.clock.advance(1);
      const fresh = bench.run("s", { isFresh: true });
      bench.claim(fresh, "a");
      bench.ledger.closeRun(fresh.id, { exitStatus: 130, isFinished: false });
      expect(bench.ledger.outcomes(["a"], ordinary)).toEqual(before);
    });
  });
}
