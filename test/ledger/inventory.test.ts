import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { ConfigurationError, OutputError } from "../../src/core/errors.ts";
import type { Inventory } from "../../src/ledger/inventory.ts";
import { openSqliteInventory } from "../../src/ledger/sqlite.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { LedgerBench, RETRIES, sqliteBackEnd } from "./harness.ts";

const DAY = 86_400_000;

function inventoryOf({ directory, clock }: Pick<LedgerBench, "directory" | "clock">): Inventory {
  const inventory = openSqliteInventory({ directory, clock });
  if (inventory === undefined) throw new Error("there is no ledger");
  onTestFinished(() => inventory.close());
  return inventory;
}

/** A ledger with a run in each state, the numbers in order: running, killed, stopped, finished, cancelled. */
function fiveRuns() {
  const bench = new LedgerBench(sqliteBackEnd);
  const [running, killed, stopped, finished, cancelled] = ["a", "b", "c", "d", "e"].map((name) => bench.run(name));
  if (!running || !killed || !stopped || !finished || !cancelled) throw new Error("no run");
  bench.kill(killed);
  bench.ledger.closeRun(stopped.id, { exitStatus: 130, isFinished: false, summary: "{}" });
  bench.ledger.closeRun(finished.id, { exitStatus: 1, isFinished: true });
  bench.ledger.closeRun(cancelled.id, { exitStatus: 75, isFinished: true });
  return { bench, running, killed, stopped, finished, cancelled };
}

test("where there is no ledger there is no inventory, and nothing is made", () => {
  const directory = join(temporaryDirectory(), "none");
  expect(openSqliteInventory({ directory, clock: new VirtualClock() })).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
  mkdirSync(directory);
  expect(openSqliteInventory({ directory, clock: new VirtualClock() })).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});

test("runs come newest first, each with how it stands", () => {
  const { bench } = fiveRuns();
  const runs = inventoryOf(bench).runs({ kind: "all" });
  expect(
    runs.map(({ id, state, exitStatus, process: holder, summary }) => [id, state, exitStatus, holder, summary]),
  ).toEqual([
    [5, "cancelled", 75, null, null],
    [4, "finished", 1, null, null],
    [3, "unfinished", 130, null, "{}"],
    [2, "unfinished", null, null, null],
    [1, "running", null, { pid: process.pid, host: null }, null],
  ]);
});

test("a process on another host is believed to run as long as its lease, and its host is named", () => {
  const { bench, running } = fiveRuns();
  bench.moveAway(running);
  const stateOf = () => inventoryOf(bench).runs({ kind: "numbered", ids: [running.id] })[0];
  expect(stateOf()).toMatchObject({ state: "running", process: { pid: process.pid, host: "far" } });
});

test("current runs are those that are unfinished, were at work lately, or have a batch at the provider", async () => {
  const { bench, finished } = fiveRuns();
  const halted = bench.run("halted");
  bench.chunk(halted, "submitted", "x");
  bench.ledger.closeRun(halted.id, { exitStatus: 1, isFinished: true });
  const since = bench.clock.now();
  const ids = (from: number) =>
    inventoryOf(bench)
      .runs({ kind: "current", since: from })
      .map(({ id }) => id);
  expect(ids(since)).toEqual([6, 5, 4, 3, 2, 1]);
  await bench.clock.advance(DAY);
  expect(ids(since + 1)).toEqual([6, 3, 2, 1]);
  bench.ledger.holdRun(finished.id);
  expect(ids(since + 1)).toEqual([6, 4, 3, 2, 1]);
});

test("requests are counted by what has become of them, for the runs asked about", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  const settled = bench.chunk(run, "fetched", "answered", "refused", "late");
  bench.answer(settled, "answered");
  const failure = { code: "refused", message: "no" } as const;
  bench.ledger.record(settled.id, [{ key: "refused", kind: "failed", failure }], RETRIES);
  bench.settle(settled);
  bench.chunk(run, "submitted", "in flight", "in flight too");
  bench.chunk(run, "fetched", "collected");
  bench.ledger.claim(["claimed"], run);
  const other = bench.run("other");
  const inventory = inventoryOf(bench);
  const none = { answered: 0, failed: {}, inFlight: 0, collected: 0, toAskAgain: 0, claimed: 0 };
  expect(inventory.requestsOf([run.id, other.id])).toEqual(
    new Map([
      [run.id, { answered: 1, failed: { refused: 1 }, inFlight: 2, collected: 1, toAskAgain: 1, claimed: 1 }],
      [other.id, none],
    ]),
  );
  expect(inventory.requestsOf([other.id]).has(run.id)).toBe(false);
  expect(inventory.outcomesByChunk(run.id)).toEqual(new Map([[settled.id, { answered: 1, failed: 1 }]]));
  expect(inventory.answers()).toBe(1);
});

test("an answer counts while a fresh run asks the same again", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  bench.answered("a", "b");
  bench.claim(bench.run("fresh", { isFresh: true }), "a");
  expect(inventoryOf(bench).answers()).toBe(2);
});

test("chunks are found by run, by name and by batch, and those that are open of all runs", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const [one, two] = [bench.run("s"), bench.run("t")];
  bench.answered("x");
  const first = bench.chunk(one, "submitted", "a");
  bench.ledger.advance(first.id, "submitted", { batchId: "batch_7" });
  const second = bench.chunk(two, "sealed", "b");
  const inventory = inventoryOf(bench);
  expect(inventory.openChunks().map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(inventory.chunksOf(two.id).map(({ id }) => id)).toEqual([second.id]);
  expect(inventory.findChunk("batch_7")?.id).toBe(first.id);
  expect(inventory.findChunk(second.name)?.id).toBe(second.id);
  expect(inventory.findChunk("batch_8")).toBeUndefined();
  expect(inventory.runs({ kind: "numbered", ids: [one.id] })[0]?.chunks).toMatchObject({ submitted: 1, settled: 0 });
});

test("chunks whose files may be left at a provider are counted by provider", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  const settled = ["a", "b", "c"].map((key) => {
    const chunk = bench.chunk(run, "fetched", key);
    bench.ledger.advance(chunk.id, "fetched", { fileId: `file-${key}` });
    return bench.settle(chunk);
  });
  bench.chunk(run, "submitted", "d");
  bench.ledger.markCleaned(settled[0]?.id ?? 0);
  expect(inventoryOf(bench).uncleaned()).toEqual(new Map([["p", 2]]));
});

test("sizes are those of the files, by folder and below", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  mkdirSync(join(bench.directory, "runs", "1", "waiting"), { recursive: true });
  writeFileSync(join(bench.directory, "runs", "1", "waiting", "0.spool"), "x".repeat(7));
  writeFileSync(join(bench.directory, "results", "a.output.jsonl"), "x".repeat(30));
  writeFileSync(join(bench.directory, "chunks", "a.jsonl"), "x".repeat(5));
  expect(inventoryOf(bench).disk()).toMatchObject({ chunks: 5, results: 30, spools: 7 });
  expect(inventoryOf(bench).disk().database).toBeGreaterThan(4096);
});

test("it is read while a transaction is open, shows what was committed, and writes nothing", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  bench.answered("a");
  const writer = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => writer.close());
  writer.exec("BEGIN IMMEDIATE; DELETE FROM requests");
  const inventory = inventoryOf(bench);
  expect(inventory.answers()).toBe(1);
  writer.exec("COMMIT");
  expect(inventory.answers()).toBe(0);
});

test("a ledger of an older version is brought up to date, one of a newer version or no database is refused", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const database = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => database.close());
  const old = join(temporaryDirectory());
  new DatabaseSync(join(old, "ledger.db")).close();
  expect(inventoryOf({ directory: old, clock: bench.clock }).answers()).toBe(0);
  database.exec("PRAGMA user_version = 99");
  expect(() => inventoryOf(bench)).toThrow(ConfigurationError);
  const broken = temporaryDirectory();
  writeFileSync(join(broken, "ledger.db"), "no database".repeat(1000));
  expect(() => inventoryOf({ directory: broken, clock: bench.clock })).toThrow(OutputError);
});
