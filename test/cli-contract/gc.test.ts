import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { FastClock, garbage, providerArgs, startRun, statusOf } from "./ledger-support.ts";
import { type Body, jsonl, numbered, rowsOf, Sandbox, startExternal, until } from "./support.ts";

const ROWS = numbered(6);

/** Changes the ledger of a sandbox behind its back. */
function alter(sandbox: Sandbox, sql: string): void {
  const database = new DatabaseSync(join(sandbox.stateDirectory, "ledger.db"), { timeout: 10_000 });
  database.exec(sql);
  database.close();
}

function requestsIn(sandbox: Sandbox): number {
  const database = new DatabaseSync(join(sandbox.stateDirectory, "ledger.db"), { readOnly: true, timeout: 10_000 });
  const { count } = database.prepare("SELECT COUNT(*) AS count FROM requests").get() ?? {};
  database.close();
  return Number(count);
}

function filesIn(sandbox: Sandbox, folder: string): readonly string[] {
  return readdirSync(join(sandbox.stateDirectory, folder));
}

/** Makes all that has happened happen so many days earlier. */
function age(sandbox: Sandbox, days: number): void {
  const columns = {
    runs: ["started_at", "ended_at", "renewed_at", "fresh_since"],
    chunks: ["created_at", "changed_at", "submitted_at"],
    requests: ["settled_at"],
  };
  for (const [table, names] of Object.entries(columns)) {
    alter(sandbox, `UPDATE ${table} SET ${names.map((name) => `${name} = ${name} - ${days * 86_400_000}`).join()}`);
  }
}

test("without a ledger there is nothing to do, and none is made", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.run(["gc", "--older-than", "30d"]);
  expect([status, stdout]).toEqual([0, expect.stringContaining("There is no ledger")]);
  expect(existsSync(sandbox.stateDirectory)).toBe(false);
  expect(await sandbox.run(["gc", "all"])).toMatchObject({ status: 64 });
});

test("what a killed run has left goes, and its command goes on all the same", async () => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl(ROWS));
  const grade = ["in.jsonl", "-o", "out.jsonl", "--chunk-rows", "3"];
  await sandbox.grade(grade, { env: { BG_PIPE_FAILPOINT: "chunk.submitted.after" } });
  expect(filesIn(sandbox, "runs")).toEqual(["1"]);
  const said = garbage((await sandbox.run(["gc", "--dry-run", "--json"])).stdout);
  expect(said).toMatchObject({ dry_run: true, files: { spools: { count: 1 } } });
  expect(filesIn(sandbox, "runs")).toEqual(["1"]);
  const done = garbage((await sandbox.run(["gc", "--json"])).stdout);
  expect(done.files).toEqual(said.files);
  expect(done.rows).toEqual({ answers: 0, failures: 0, unanswered: 0, chunks: 0, runs: 0 });
  expect(filesIn(sandbox, "runs")).toEqual([]);
  expect(await sandbox.grade(grade)).toMatchObject({ status: 0 });
  expect(rowsOf(sandbox.read("out.jsonl"))).toHaveLength(ROWS.length);
  expect((await sandbox.run(["gc"])).stdout).toMatch(/^There is nothing to delete\.\n/);
});

test("answers go by their age, and are asked again then; younger ones stay", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = (rows: readonly unknown[]) => sandbox.run(emulator.args, { stdin: jsonl(rows), env: emulator.env });
  await grade(ROWS.slice(0, 4));
  age(sandbox, 40);
  await grade(ROWS.slice(4));
  const dry = garbage((await sandbox.run(["gc", "--older-than", "30d", "--dry-run", "--json"])).stdout);
  expect(dry).toMatchObject({
    // Chunks and runs that were billed stay for the books.
    rows: { answers: 4, failures: 0, chunks: 0, runs: 0 },
    files: { result_files: { count: 1 } },
  });
  const people = await sandbox.run(["gc", "--older-than", "30d"]);
  expect([people.status, people.stdout]).toEqual([
    0,
    expect.stringContaining("4  answers, which would be asked and paid again"),
  ]);
  expect(filesIn(sandbox, "results")).toHaveLength(1);
  expect((await statusOf(sandbox, "--all")).runs.map(({ run }) => run)).toEqual([2, 1]);
  expect(await grade(ROWS)).toMatchObject({ status: 0 });
  expect(await emulator.billing()).toMatchObject({ requests: 10, distinct: 6 });
});

test("beside a run at work nothing goes that it may need, and answers stay; the run ends as if alone", async () => {
  const sandbox = new Sandbox();
  const clock = new FastClock();
  const emulator = await startExternal(sandbox, { batchSeconds: 600, clock });
  clock.run(10_000);
  await sandbox.run(emulator.args, { stdin: jsonl(ROWS.slice(0, 3)), env: emulator.env });
  clock.run(1);
  const running = await startRun(sandbox, emulator.args, { stdin: jsonl(ROWS), env: emulator.env });
  for (const flags of [
    ["--older-than", "0"],
    ["--older-than", "0", "--dry-run"],
  ]) {
    const { status, stdout } = await sandbox.run(["gc", "--json", ...flags]);
    expect(status).toBe(75);
    expect(garbage(stdout)).toMatchObject({
      held_back_by: { run: 2, pid: running.pid },
      rows: { answers: 0, chunks: 0 },
    });
  }
  expect(await sandbox.run(["gc"])).toMatchObject({ status: 0 });
  clock.run(10_000);
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(rowsOf(stdout).map(({ id, grade }) => [id, grade === null])).toEqual(ROWS.map(({ id }) => [id, false]));
  expect(await emulator.billing()).toMatchObject({ requests: 6, distinct: 6 });
});

test("--remote deletes what runs have left at the provider", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const bodies = (): Promise<Body[]> => emulator.bodies();
  const env = { ...emulator.env, BG_PIPE_FAILPOINT: "chunk.settled.after" };
  await sandbox.run(emulator.args, { stdin: jsonl(ROWS), env });
  expect(await bodies()).toHaveLength(ROWS.length);
  const plain = await sandbox.run(["gc"]);
  expect(plain.stdout).toContain("Files of 1 chunk may still lie at openai@");
  const remote = await sandbox.run(["gc", "--remote", "--json", ...providerArgs(emulator)], { env: emulator.env });
  expect(garbage(remote.stdout)).toMatchObject({ remote: { deleted: 1, failed: 0 }, left_at_providers: {} });
  expect(await bodies()).toEqual([]);
  expect(await sandbox.run(["gc", "--remote"])).toMatchObject({ status: 77 });
});

test("killed in the middle and run again: what is gone is gone whole, what is kept can be read", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = () => sandbox.run(emulator.args, { stdin: jsonl(ROWS), env: emulator.env });
  const first = await grade();
  // As if it had had some 60,000 answers before, in a file that lies there.
  age(sandbox, 40);
  alter(
    sandbox,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
     INSERT INTO requests (key, state, run, chunk, result_file, result_offset, result_length, answer_attempts, settled_at)
     SELECT 'old' || i, 'answered', 1, 1, 1, 0, 1, 1, 5 FROM n`,
  );
  for (let kills = 0; kills < 3; kills++) {
    const before = requestsIn(sandbox);
    const gc = sandbox.start(["gc", "--older-than", "50d"]);
    let isOver = false;
    void gc.ended.then(() => (isOver = true));
    await until(() => isOver || requestsIn(sandbox) < before, "the first rows to go");
    gc.kill("SIGKILL");
    await gc.ended;
  }
  expect((await sandbox.run(["gc", "--older-than", "50d"])).status).toBe(0);
  expect(requestsIn(sandbox)).toBe(ROWS.length);
  const again = await grade();
  expect([again.status, again.stdout]).toEqual([0, first.stdout]);
  expect(await emulator.billing()).toMatchObject({ requests: ROWS.length });
});
