import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { providerArgs, startRun, statusOf } from "./ledger-support.ts";
import { jsonl, KEY, numbered, Sandbox, startExternal } from "./support.ts";

test("without a ledger it says so, and makes none", async () => {
  const sandbox = new Sandbox();
  const { status, stdout, stderr } = await sandbox.run(["status"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`There is no ledger in ${sandbox.stateDirectory}`);
  expect(await statusOf(sandbox)).toMatchObject({ ledger: { exists: false, answers: 0 }, runs: [] });
  expect(existsSync(sandbox.stateDirectory)).toBe(false);
});

test("a run that is over: what it was about, how it ended, and what it answered", async () => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl([...numbered(5), { id: 6, response: "[[emulator:refuse]]" }]));
  await sandbox.grade(["in.jsonl", "-o", "out.jsonl", "--model", "gpt-4.1-mini", "--chunk-rows", "3"]);
  const { runs, ledger } = await statusOf(sandbox);
  expect(runs).toMatchObject([
    {
      run: 1,
      state: "finished",
      exit_status: 1,
      pid: null,
      chunk_states: { sealed: 0, submitted: 0, settled: 2 },
      requests: { answered: 5, failed: 1, failed_by_code: { refused: 1 }, in_flight: 0 },
      batches: [],
    },
  ]);
  expect(runs[0]?.label).toContain("in.jsonl");
  expect(Date.parse(runs[0]?.ended_at ?? "")).toBeGreaterThan(Date.parse(runs[0]?.started_at ?? ""));
  expect(ledger).toMatchObject({ exists: true, answers: 5 });
  expect(ledger.bytes.result_files).toBeGreaterThan(0);
  const text = await sandbox.run(["status"]);
  expect(text.stdout).toMatch(/^Run 1 {2}.*in\.jsonl.*\n {2}finished, exit 1; started .* ago, ended .* ago\n/);
  expect(text.stdout).toContain("5 answered, 1 failed (1 refused)");
});

test("one run by number, chunk by chunk; one that is not there is a mistake", async () => {
  const sandbox = new Sandbox();
  await sandbox.grade(["--chunk-rows", "2"], { stdin: jsonl(numbered(3)) });
  const [run] = (await statusOf(sandbox, "1")).runs;
  expect(run?.chunks).toMatchObject([
    { state: "settled", provider: "emulator", requests: 2, answers: 2, failures: 0, batch_status: "completed" },
    { state: "settled", requests: 1, answers: 1 },
  ]);
  expect(await sandbox.run(["status", "2"])).toMatchObject({ status: 64, stdout: "" });
  expect(await sandbox.run(["status", "one"])).toMatchObject({ status: 64, stdout: "" });
});

test("while a run writes, and after it was killed: its batches in flight, without asking anybody", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 600 });
  const options = { stdin: jsonl(numbered(6)), env: emulator.env, batches: 2 };
  const running = await startRun(sandbox, [...emulator.args, "--chunk-rows", "3"], options);
  const callsBefore = await emulator.calls();
  const [run] = (await statusOf(sandbox)).runs;
  expect(run).toMatchObject({ state: "running", pid: running.pid, exit_status: null, ended_at: null });
  expect(run?.batches).toMatchObject([
    { state: "submitted", requests: 3, completed: 0, batch_id: expect.stringMatching(/^batch_/) },
    { state: "submitted" },
  ]);
  expect(run?.batches[0]?.tokens).toBeGreaterThan(0);
  running.kill("SIGKILL");
  await running.ended;
  expect((await statusOf(sandbox)).runs).toMatchObject([{ state: "unfinished", exit_status: null, ended_at: null }]);
  const looks = { ...(await emulator.calls()), "GET /v1/batches/:id": 0 };
  expect(looks).toEqual({ ...callsBefore, "GET /v1/batches/:id": 0 });
});

test("--refresh asks the provider how far its batches are, and notes it", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 600 });
  const running = await startRun(sandbox, [...emulator.args], { stdin: jsonl(numbered(2)), env: emulator.env });
  running.kill("SIGKILL");
  await running.ended;
  const at = providerArgs(emulator);
  const noKey = await sandbox.run(["status", "--refresh", ...at]);
  expect(noKey.status).toBe(77);
  const other = await sandbox.run(["status", "--refresh", "--provider", "emulator"]);
  expect([other.status, other.stderr]).toEqual([0, expect.stringContaining("are not refreshed")]);
  const { status, stdout, stderr } = await sandbox.run(["status", "--refresh", "--json", ...at], { env: emulator.env });
  expect([status, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout).runs[0].batches).toMatchObject([
    { batch_status: expect.stringMatching(/validating|in_progress/) },
  ]);
  expect(stdout).not.toContain(KEY);
});

test("old runs are shown with --all only", async () => {
  const sandbox = new Sandbox();
  await sandbox.grade([], { stdin: jsonl(numbered(1)) });
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${sandbox.stateDirectory}/ledger.db`);
  database.exec(`UPDATE runs SET ended_at = ${Date.now() - 8 * 86_400_000}`);
  database.close();
  expect((await statusOf(sandbox)).runs).toEqual([]);
  expect((await statusOf(sandbox, "--all")).runs).toHaveLength(1);
  expect((await sandbox.run(["status"])).stdout).toMatch(/^No run is unfinished/);
  expect(readdirSync(sandbox.stateDirectory)).toContain("ledger.db");
});
