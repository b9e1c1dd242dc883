import { describe, expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { LEASE_MS } from "../../src/ledger/lease.ts";
import { type LedgerBackEnd, LedgerBench } from "./harness.ts";

export function describeRuns(backEnd: LedgerBackEnd): void {
  describe("runs", () => {
    test("a new command is a new run", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      expect(first).toMatchObject({ isTakenOver: false, freshSince: 0 });
      expect(bench.run("other").id).not.toBe(first.id);
    });

    test("the unfinished run of a dead process is taken over by the next with the same signature, and no other", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      bench.kill(first);
      expect(bench.run("other").isTakenOver).toBe(false);
      expect(bench.run("s")).toMatchObject({ id: first.id, isTakenOver: true });
    });

    test("so is one that was closed unfinished; one that was finished is over", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      bench.ledger.closeRun(first.id, { exitStatus: 75, isFinished: false });
      const second = bench.run("s");
      expect(second).toMatchObject({ id: first.id, isTakenOver: true });
      bench.ledger.closeRun(second.id, { exitStatus: 0, isFinished: true });
      expect(bench.run("s")).toMatchObject({ isTakenOver: false });
    });

    test("a run leaves its summary, finished or not; one that goes on leaves a newer one, or none", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const summaryAfter = (isFinished: boolean, summary?: string) => {
        const end = { exitStatus: isFinished ? 0 : 75, isFinished };
        bench.ledger.closeRun(run.id, summary === undefined ? end : { ...end, summary });
        return backEnd.summaryOf(bench.directory, run.id);
      };
      expect(summaryAfter(false, '{"rows":1,"流":"\\u0000"}')).toBe('{"rows":1,"流":"\\u0000"}');
      expect(bench.run("s").id).toBe(run.id);
      expect(summaryAfter(false)).toBeNull();
      bench.run("s");
      expect(summaryAfter(true, '{"rows":2}')).toBe('{"rows":2}');
      expect(bench.run("s").id).not.toBe(run.id);
    });

    test("a run whose process is at work is left alone", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      const second = bench.run("s", {}, bench.open());
      expect(second).toMatchObject({ isTakenOver: false });
      expect(second.id).not.toBe(first.id);
    });

    test("of two, the one that is taken over is held again", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      bench.kill(first);
      bench.run("s");
      expect(bench.run("s", {}, bench.open()).isTakenOver).toBe(false);
    });

    test("nobody may write a file that another process is writing", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s", { files: ["/out.jsonl", "/errors.jsonl"] });
      const other = bench.open();
      expect(() => bench.run("s", { files: ["/out.jsonl"] }, other)).toThrow(UnfinishedError);
      expect(() => bench.run("t", { files: ["/errors.jsonl"] }, other)).toThrow("/errors.jsonl");
      expect(bench.run("t", { files: ["/else.jsonl"] }, other).isTakenOver).toBe(false);
      bench.kill(first);
      expect(bench.run("s", { files: ["/out.jsonl", "/errors.jsonl"] }, other)).toMatchObject({ id: first.id });
    });

    test("a closed run writes no file any more", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s", { files: ["/out.jsonl"] });
      bench.ledger.closeRun(first.id, { exitStatus: 75, isFinished: false });
      expect(bench.run("t", { files: ["/out.jsonl"] }).isTakenOver).toBe(false);
    });

    test("a process that cannot be seen keeps its run as long as it renews its lease", async () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      bench.moveAway(first);
      await bench.clock.advance(LEASE_MS - 1);
      expect(bench.run("s").isTakenOver).toBe(false);
      bench.ledger.renewRun(first.id);
      await bench.clock.advance(LEASE_MS - 1);
      expect(bench.claim(first, "a")).toEqual(["new"]);
      expect(bench.claim(bench.run("t"), "a")).toEqual(["elsewhere"]);
      await bench.clock.advance(1);
      expect(bench.claim(bench.run("u"), "a")).toEqual(["new"]);
    });

    test("what was claimed is free after a take-over, and after the run's end", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      bench.claim(first, "a", "b");
      bench.kill(first);
      const second = bench.run("s");
      expect(bench.claim(second, "a")).toEqual(["new"]);
      expect(bench.kinds(second, "b")).toEqual(["unknown"]);
      bench.ledger.closeRun(second.id, { exitStatus: 75, isFinished: false });
      expect(bench.kinds(second, "a")).toEqual(["unknown"]);
    });

    test.each(["sealed", "uploading", "uploaded"] as const)(
      "a chunk that was %s is dissolved by a take-over",
      (state) => {
        const bench = new LedgerBench(backEnd);
        const first = bench.run("s");
        const chunk = bench.chunk(first, state, "a", "b");
        bench.kill(first);
        const second = bench.run("s");
        expect(bench.ledger.chunk(chunk.id).state).toBe("settled");
        expect(bench.claim(second, "a", "b")).toEqual(["new", "new"]);
        bench.seal(second, "a");
        expect(bench.ledger.claim(["a"], second)).toMatchObject([{ kind: "inChunk" }]);
      },
    );

    test.each(["creating", "submitted", "ended", "fetched"] as const)("one that was %s goes on after it", (state) => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      const chunk = bench.chunk(first, state, "a");
      bench.kill(first);
      const second = bench.run("s");
      expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state, runId: second.id });
      expect(bench.ledger.claim(["a"], second)).toEqual([{ kind: "inChunk", chunkId: chunk.id }]);
    });

    test("a dissolved chunk is no try", () => {
      const bench = new LedgerBench(backEnd);
      const first = bench.run("s");
      for (let kills = 0; kills < 10; kills++) {
        bench.chunk(first, "uploaded", "a");
        bench.kill(first);
        bench.run("s");
      }
      const chunk = bench.chunk(first, "fetched", "a");
      bench.answer(chunk, "a");
      expect(bench.ledger.outcomes(["a"], first)).toMatchObject([{ kind: "answered", attempts: 1 }]);
    });
  });
}
