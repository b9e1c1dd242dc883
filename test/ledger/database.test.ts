import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { databasePath, openDatabase } from "../../src/ledger/database.ts";

/** Begins to make a database, and holds it for a moment. */
const MAKER = `
  import { DatabaseSync } from "node:sqlite";
  const database = new DatabaseSync(process.argv[1]);
  database.exec("CREATE TABLE begun (x); BEGIN IMMEDIATE; INSERT INTO begun VALUES (1)");
  process.stdout.write("at work");
  setTimeout(() => database.exec("COMMIT"), 300);
`;

test("a database that another process is just making is waited for", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bg-pipe-database-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const maker = spawn(process.execPath, ["--input-type=module", "-e", MAKER, databasePath(directory)]);
  await once(maker.stdout, "data");
  const database = openDatabase(directory);
  expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  database.close();
});
