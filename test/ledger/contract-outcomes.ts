import { describe, expect, test } from "vitest";
import { FAILURE_CODES } from "../../src/core/records.ts";
import type { RecordedOutcome } from "../../src/ledger/ledger.ts";
import { type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";

const BROKEN = { code: "server_error", message: "500" } as const;
const REJECTED = { code: "rejected", message: "400" } as const;

export function describeOutcomes(backEnd: LedgerBackEnd): void {
  describe("outcomes", () => {
    test("an answer, a failure, a retry", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a", "f", "r");
      const result = bench.result(chunk, 30);
      const outcomes: RecordedOutcome[] = [
        { key: "a", kind: "answered", result },
        { key: "f", kind: "failed", failure: REJECTED },
        { key: "r", kind: "retry", failure: BROKEN },
      ];
      expect(bench.ledger.record(chunk.id, outcomes, RETRIES)).toEqual([true, true, true]);
      expect(bench.ledger.outcomes(["a", "f", "r", "unknown"], run)).toEqual([
        { kind: "answered", result, attempts: 1 },
        { kind: "failed", failure: REJECTED, attempts: 1, chunkId: chunk.id },
        { kind: "pending", chunkId: chunk.id, runId: run.id },
        { kind: "unknown" },
      ]);
    });

    test("recorded twice, as after a crash in between, they are the same", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a", "f", "r");
      const outcomes: RecordedOutcome[] = [
        { key: "a", kind: "answered", result: bench.result(chunk) },
        { key: "f", kind: "failed", failure: REJECTED },
        { key: "r", kind: "retry", failure: BROKEN },
      ];
      bench.ledger.record(chunk.id, outcomes, RETRIES);
      const once = bench.ledger.outcomes(["a", "f", "r"], run);
      expect(bench.ledger.record(chunk.id, outcomes, RETRIES)).toEqual([false, false, false]);
      expect(bench.ledger.outcomes(["a", "f", "r"], run)).toEqual(once);
      bench.settle(chunk);
      bench.ledger.record(chunk.id, outcomes, RETRIES);
      expect(bench.ledger.outcomes(["a", "f", "r"], run)).toEqual(once);
      expect(bench.ledger.unasked(chunk.id, -1, 9)).toMatchObject([{ key: "r", attempts: 1 }]);
    });

    test("the first answer wins over any later line", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a");
      const first = bench.result(chunk, 0);
      const lines: RecordedOutcome[] = [
        { key: "a", kind: "answered", result: first },
        { key: "a", kind: "answered", result: bench.result(chunk, 50) },
        { key: "a", kind: "failed", failure: REJECTED },
        { key: "a", kind: "retry", failure: BROKEN },
      ];
      expect(bench.ledger.record(chunk.id, lines, RETRIES)).toEqual([true, false, false, false]);
      expect(bench.ledger.outcomes(["a"], run)).toMatchObject([{ kind: "answered", result: first }]);
    });

    test("an answer wins over an earlier line that is none", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "f", "r");
      const failures: RecordedOutcome[] = [
        { key: "f", kind: "failed", failure: REJECTED },
        { key: "r", kind: "retry", failure: BROKEN },
      ];
      bench.ledger.record(chunk.id, failures, RETRIES);
      bench.answer(chunk, "f", "r");
      expect(bench.kinds(run, "f", "r")).toEqual(["answered", "answered"]);
    });

    test("lines for requests of other chunks, or of none, are nothing", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a");
      const other = bench.chunk(run, "submitted", "b");
      bench.claim(run, "claimed");
      bench.answer(chunk, "b", "claimed", "foreign");
      expect(bench.ledger.outcomes(["b"], run)).toEqual([{ kind: "pending", chunkId: other.id, runId: run.id }]);
      expect(bench.kinds(run, "claimed", "foreign")).toEqual(["pending", "unknown"]);
    });

    test("a request that has moved on to a later chunk is not touched by lines of the earlier one", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const early = bench.settle(bench.chunk(run, "fetched", "a"));
      const late = bench.chunk(run, "submitted", "a");
      bench.ledger.record(early.id, [{ key: "a", kind: "failed", failure: REJECTED }], RETRIES);
      expect(bench.ledger.outcomes(["a"], run)).toEqual([{ kind: "pending", chunkId: late.id, runId: run.id }]);
    });

    test("retries are bounded: the last failure is the one that is told", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      for (let attempt = 1; attempt <= RETRIES + 1; attempt++) {
        expect(bench.claim(run, "a")).toEqual(["new"]);
        const chunk = bench.moveTo(bench.seal(run, "a"), "fetched");
        const failure = { ...BROKEN, message: `try ${attempt}` };
        bench.ledger.record(chunk.id, [{ key: "a", kind: "retry", failure }], RETRIES);
        bench.settle(chunk);
      }
      const failure = { ...BROKEN, message: `try ${RETRIES + 1}` };
      expect(bench.ledger.outcomes(["a"], run)).toMatchObject([{ kind: "failed", failure, attempts: RETRIES + 1 }]);
      expect(bench.claim(run, "a")).toEqual(["settled"]);
    });

    test("retries are counted across a kill between tries", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      for (let attempt = 1; attempt <= RETRIES; attempt++) {
        bench.settle(bench.chunk(run, "fetched", "a"));
        bench.kill(run);
        bench.run("s");
      }
      bench.settle(bench.chunk(run, "fetched", "a"));
      expect(bench.kinds(run, "a")).toEqual(["failed"]);
    });

    test("every failure code is kept as it is", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", ...FAILURE_CODES);
      const outcomes = FAILURE_CODES.map((code): RecordedOutcome => {
        return { key: code, kind: "failed", failure: { code, message: `"${code}" 流` } };
      });
      bench.ledger.record(chunk.id, outcomes, RETRIES);
      const states = bench.ledger.outcomes(FAILURE_CODES, run);
      expect(states).toMatchObject(FAILURE_CODES.map((code) => ({ failure: { code, message: `"${code}" 流` } })));
    });

    test("all of it is there when the ledger is opened again, and for another process at once", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "a", "b");
      const other = bench.open();
      bench.answer(chunk, "a");
      const states = bench.ledger.outcomes(["a", "b"], run);
      expect(other.outcomes(["a", "b"], run)).toEqual(states);
      bench.ledger.close();
      other.close();
      const reopened = bench.open();
      expect(reopened.outcomes(["a", "b"], run)).toEqual(states);
      expect(reopened.chunk(chunk.id)).toEqual(chunk);
    });
  });
}
