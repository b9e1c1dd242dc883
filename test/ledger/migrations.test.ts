import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { VERSION_1_ROWS, VERSION_1_TABLES } from "./version-1.ts";

function open(directory: string): Ledger {
  const ledger = openSqliteLedger({ directory, clock: new VirtualClock("manual") });
  onTestFinished(() => ledger.close());
  return ledger;
}

function database(directory: string): DatabaseSync {
  const opened = new DatabaseSync(join(directory, "ledger.db"));
  onTestFinished(() => opened.close());
  return opened;
}

/** A directory with a ledger that the first release has written. */
function version1(): string {
  const directory = temporaryDirectory();
  database(directory).exec(`${VERSION_1_TABLES} ${VERSION_1_ROWS} PRAGMA user_version = 1;`);
  return directory;
}

/** What each table has for columns, and what indexes there are. */
function shapeOf(directory: string): unknown {
  const tables = database(directory)
    .prepare(
      `SELECT m.type, m.tbl_name AS "table", m.name, i.name AS column, i.type AS kind, i."notnull" AS is_required
       FROM sqlite_master AS m LEFT JOIN pragma_table_info(m.name) AS i ON m.type = 'table' ORDER BY 1, 2, 3, 4`,
    )
    .all();
  return tables.map((columns) => ({ ...columns }));
}

test("a ledger of version 1 gets the shape of a new one", () => {
  const [old, fresh] = [version1(), temporaryDirectory()];
  open(old);
  open(fresh);
  expect(shapeOf(old)).toEqual(shapeOf(fresh));
  const versions = [old, fresh].map((directory) => database(directory).prepare("PRAGMA user_version").get());
  expect(versions[0]).toEqual(versions[1]);
});

test("what it held stands: answers, failures, and what is in flight", () => {
  const ledger = open(version1());
  const run = ledger.openRun({ pipeline: "grade", label: "rows", signature: "s", isFresh: false, files: [] });
  expect(run).toEqual({ id: 2, freshSince: 0, isTakenOver: true });
  expect(ledger.outcomes(["answered", "refused"], run)).toEqual([
    { kind: "answered", attempts: 2, result: { fileId: 1, offset: 40, length: 30 } },
    {
      ...{ kind: "failed", attempts: 1, chunkId: 1, failure: { code: "refused", message: "no" } },
      result: { fileId: 1, offset: 0, length: 39 },
    },
  ]);
  expect(ledger.claim(["answered", "refused", "asked", "unasked", "claimed", "unknown"], run)).toEqual([
    ...[{ kind: "settled" }, { kind: "settled" }],
    ...[{ kind: "inChunk", chunkId: 2 }, { kind: "new" }, { kind: "new" }, { kind: "new" }],
  ]);
  expect(ledger.resultFile(1)).toEqual({ name: "r1-old.output.jsonl", chunkId: 1 });
});

test("its chunks can be worked on, and tell of what was not known then that it is not", () => {
  const ledger = open(version1());
  const unknown = { submittedAt: null, cleanedAt: null, completed: 0, failed: 0 };
  expect(ledger.findChunk("r1-old")).toMatchObject({ state: "settled", fileId: "file-1", ...unknown });
  expect(ledger.findChunk("r2-open")).toMatchObject({ state: "submitted", batchId: "batch-2", ...unknown });
  expect(ledger.uncleaned("p", 9).map(({ name }) => name)).toEqual(["r1-old"]);
  expect(ledger.creationsSince("p", 0)).toEqual([]);
  expect(ledger.askedKey(2, "asked")).toBe("asked");
  ledger.advance(2, "ended", { outputFileId: "output-2" });
  ledger.advance(2, "fetched");
  const result = { fileId: ledger.addResultFile("r2-open.output.jsonl", 2), offset: 0, length: 9 };
  const failure = { code: "invalid_answer", message: "no grade" } as const;
  const invalid = { key: "asked", kind: "retry", failure, reply: { result, reason: "no grade" } } as const;
  expect(ledger.record(2, [invalid], 3)).toEqual([true]);
  expect(ledger.settle(2, { failure, retries: 3, isAttempt: true }).state).toBe("settled");
  expect(ledger.unasked(2, -1, 9)).toMatchObject([{ key: "asked", attempts: 1, isReask: false, reply: invalid.reply }]);
});

test("it is brought up to date once", () => {
  const directory = version1();
  open(directory).learnTokenLimit("p", "m", 70);
  expect(open(directory).tokenLimit("p", "m")).toBe(70);
});

test("one that a newer bg-pipe has written is refused, and left as it is", () => {
  const directory = temporaryDirectory();
  open(directory);
  const before = shapeOf(directory);
  database(directory).exec("PRAGMA user_version = 99");
  expect(() => open(directory)).toThrow(ConfigurationError);
  expect(() => open(directory)).toThrow(/ledger\.db.*newer.*99/);
  expect(shapeOf(directory)).toEqual(before);
  expect(database(directory).prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
});
