import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import type { Books } from "../../src/ledger/books.ts";
import { books as registry } from "../../src/ledger/index.ts";
import { openSqliteBooks, openSqlitePruner } from "../../src/ledger/sqlite.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { billed, fetched, spend, submitted } from "./billing.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

const DAY = 86_400_000;

function booksOf({ directory, clock }: Pick<LedgerBench, "directory" | "clock">): Books {
  const books = openSqliteBooks({ directory, clock });
  if (books === undefined) throw new Error("there is no ledger");
  onTestFinished(() => books.close());
  return books;
}

const namesIn = (books: Books) => Array.from(books.accounts(), ({ chunk }) => chunk.name);

test("where there is no ledger there are no books, and nothing is made", async () => {
  const directory = join(temporaryDirectory(), "none");
  const open = await registry.sqlite();
  expect(open({ directory, clock: new VirtualClock() })).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
});

test("accounts are those of settled chunks that had a batch, as they would be told, in the order of their making", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  const given = { estimatedCost: 2n ** 60n, apiKeyId: "0123abcd" };
  spend(bench, run, { a: billed(2n ** 61n), b: billed(undefined) }, given);
  bench.ledger.claim(["unsent"], run);
  bench.settle(bench.seal(run, "unsent"));
  submitted(bench, run, ["at work"]);
  bench.settle(fetched(bench, run, ["expired"]));
  const told: unknown[] = [];
  const accounts = [...booksOf(bench).accounts()];
  bench.ledger.tell(9, (some) => told.push(...some));
  expect(accounts).toEqual(told);
  expect(accounts).toHaveLength(2);
});

test("what is under way is what was put to the provider and is not settled", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  const books = booksOf(bench);
  const nothing = { batches: 0, requests: 0, tokens: 0, estimatedCost: 0n, unpriced: 0 };
  expect(books.underWay()).toEqual(nothing);
  spend(bench, run, { a: billed(1n) }, { estimatedCost: 1_000n });
  submitted(bench, run, ["b", "c"], { tokens: 20, estimatedCost: 2n ** 60n + 1n });
  fetched(bench, run, ["d"], { tokens: 300 });
  bench.ledger.claim(["e"], run);
  bench.moveTo(bench.sealAs(run, [{ key: "e" }]), "uploaded");
  expect(books.underWay()).toEqual({
    ...{ batches: 2, requests: 3, tokens: 320, estimatedCost: 2n ** 60n + 1n, unpriced: 1 },
  });
});

test("runs come oldest first, with what they have left", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const [first] = [bench.run("s"), bench.run("t")];
  bench.ledger.closeRun(first?.id ?? 0, { exitStatus: 0, isFinished: true, summary: '{"a":1}' });
  expect([...booksOf(bench).runs()]).toEqual([
    { id: 1, label: "rows", endedAt: bench.clock.now(), summary: '{"a":1}' },
    { id: 2, label: "rows", endedAt: null, summary: null },
  ]);
});

test("a chunk from before there were books counts as replies of unknown price", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  spend(bench, bench.run("s"), { a: billed(5n), b: billed(5n) }, { estimatedCost: 5n });
  const database = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => database.close());
  database.exec("DELETE FROM accounts");
  expect([...booksOf(bench).accounts()].map(({ spent }) => spent)).toEqual([
    {
      ...{ requests: 2, unpriced: 2, usage: { input: 0, cached: 0, output: 0, reasoning: 0 }, cost: 0n },
      estimatedCost: undefined,
    },
  ]);
});

test("they are read while a transaction is open, and stand still during a snapshot", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  const first = spend(bench, run, { a: billed(1n) }).name;
  const writer = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => writer.close());
  writer.exec("BEGIN IMMEDIATE; DELETE FROM accounts");
  const books = booksOf(bench);
  expect(namesIn(books)).toEqual([first]);
  writer.exec("ROLLBACK");
  const second = books.snapshot(() => {
    expect(namesIn(books)).toEqual([first]);
    const { name } = spend(bench, run, { b: billed(1n) });
    expect([namesIn(books), [...books.runs()].length]).toEqual([[first], 1]);
    return name;
  });
  expect(namesIn(books)).toEqual([first, second]);
  const fail = () => books.snapshot(() => expect.fail("on purpose"));
  expect([fail, fail].map((one) => expect(one).toThrow("on purpose"))).toHaveLength(2);
});

test("a ledger of a newer version is refused, one of an older is brought up to date", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const old = temporaryDirectory();
  new DatabaseSync(join(old, "ledger.db")).close();
  expect(namesIn(booksOf({ directory: old, clock: bench.clock }))).toEqual([]);
  const database = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => database.close());
  database.exec("PRAGMA user_version = 99");
  expect(() => booksOf(bench)).toThrow(ConfigurationError);
});

test("clearing the ledger up takes nothing out of the books", async () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const { ledger, directory, clock } = bench;
  const run = bench.run("s");
  const { id, name } = spend(bench, run, { a: billed(5n) });
  ledger.tell(9, () => {});
  ledger.markCleaned(id);
  ledger.closeRun(run.id, { exitStatus: 0, isFinished: true });
  bench.ledger.closeRun(bench.run("newest").id, { exitStatus: 0, isFinished: true });
  await clock.advance(30 * DAY);
  const pruner = openSqlitePruner({ directory, clock });
  onTestFinished(() => pruner.close());
  expect(pruner.pruneRequests(clock.now(), "")).toMatchObject({ answers: 1 });
  pruner.forgetResultFiles(pruner.idleResultFiles(clock.now()));
  pruner.forgetRecords(pruner.idleRecords(clock.now()));
  expect(namesIn(booksOf(bench))).toEqual([name]);
});
