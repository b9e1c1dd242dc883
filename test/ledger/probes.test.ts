import { expect, test } from "vitest";
import { openSqlitePruner } from "../../src/ledger/sqlite.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

function pairsIn(bench: LedgerBench, before: number, now: number) {
  return [...bench.ledger.probePairs(before, now)];
}

test("pairs the answers of two runs to the same rows, and finds the run before by the name of the set", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const { ledger } = bench;
  ledger.keepProbe({ runId: 1, name: "a", asked: "m" }, [{ row: "r1", answer: "1" }]);
  ledger.keepProbe({ runId: 1, name: "a", asked: "m" }, [
    { row: "r1", answer: "2" },
    { row: "r2", answer: "3" },
  ]);
  ledger.keepProbe({ runId: 2, name: "b", asked: "m" }, [{ row: "r1", answer: "4" }]);
  ledger.keepProbe({ runId: 4, name: "a", asked: "n" }, [
    { row: "r2", answer: "5" },
    { row: "r3", answer: "6" },
  ]);
  expect(ledger.lastProbe("a", 4)).toEqual({ runId: 1, name: "a", asked: "m", at: bench.clock.now() });
  expect(ledger.lastProbe("a", 5)?.runId).toBe(4);
  expect(ledger.lastProbe("a", 1)).toBeUndefined();
  expect(pairsIn(bench, 1, 4)).toEqual([{ before: "3", now: "5" }]);
});

test("a finished run goes with its answers, but not the last of its set", async () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const { ledger } = bench;
  for (const signature of ["one", "two", "three"]) {
    const { id } = bench.run(signature);
    if (signature !== "three") ledger.keepProbe({ runId: id, name: "a", asked: "m" }, [{ row: "r", answer: "1" }]);
    ledger.closeRun(id, { exitStatus: 0, isFinished: true });
  }
  const pruner = openSqlitePruner({ directory: bench.directory, clock: bench.clock });
  await bench.clock.advance(2 * 86_400_000);
  const { runs } = pruner.idleRecords(bench.clock.now());
  expect(runs).toEqual([1]);
  expect(pruner.forgetRecords({ chunks: [], runs })).toBe(true);
  expect(pairsIn(bench, 1, 2)).toEqual([]);
  expect(ledger.lastProbe("a", 9)?.runId).toBe(2);
  expect(ledger.lastProbe("a", 2)).toBeUndefined();
  pruner.close();
});
