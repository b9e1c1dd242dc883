import { expect, onTestFinished, test } from "vitest";
import type { Inventory } from "../../src/ledger/inventory.ts";
import { openSqliteInventory } from "../../src/ledger/sqlite.ts";
import { lookAtRuns } from "../../src/pipelines/watch-runs.ts";
import { billed, spend, submitted } from "../ledger/billing.ts";
import { LedgerBench, sqliteBackEnd } from "../ledger/harness.ts";

function inventoryOf({ directory, clock }: LedgerBench): Inventory {
  const inventory = openSqliteInventory({ directory, clock });
  if (inventory === undefined) throw new Error("there is no ledger");
  onTestFinished(() => inventory.close());
  return inventory;
}

/** A run with a chunk that cost half of what was expected, and a batch at work. */
async function halfWay() {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("a");
  spend(bench, run, { a: billed(30n), b: billed(20n) }, { estimatedCost: 100n });
  const open = submitted(bench, run, ["c", "d", "e", "f"], { estimatedCost: 200n });
  await bench.clock.advance(60_000);
  bench.ledger.noteProgress(open.id, { batchStatus: "in_progress", completed: 1, failed: 0 });
  return { bench, run };
}

test("of a run that nobody works on: what it has cost, what it will, and how long its batches take at their pace", async () => {
  const { bench, run } = await halfWay();
  bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: false });
  const { views, isAtWork, isRunning } = lookAtRuns(inventoryOf(bench), [run.id], bench.clock.now());
  expect([isAtWork, isRunning]).toEqual([true, false]);
  expect(views).toMatchObject([{ cost: 50n, costExpected: 150n, remainingMs: 180_000 }]);
});

test("of one that a process works on there is what it has cost, and no end", async () => {
  const { bench, run } = await halfWay();
  const [view] = lookAtRuns(inventoryOf(bench), [run.id], bench.clock.now()).views;
  expect(view?.cost).toBe(50n);
  expect(view).not.toHaveProperty("costExpected");
  expect(view).not.toHaveProperty("remainingMs");
});

test.each([
  ["a reply has no price", billed(undefined), { estimatedCost: 100n }],
  ["an estimate has none", billed(30n), {}],
])("there is no cost where %s", (_, bill, given) => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("a");
  spend(bench, run, { a: bill }, given);
  const [view] = lookAtRuns(inventoryOf(bench), [run.id], bench.clock.now()).views;
  expect(view).not.toHaveProperty("cost");
});
