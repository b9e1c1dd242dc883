import { describe, expect, test } from "vitest";
import { cancellation, FastClock, providerArgs, startRun, statusOf } from "./ledger-support.ts";
import { jsonl, numbered, rowsOf, Sandbox, startExternal, until } from "./support.ts";

const ROWS = numbered(12);
const BATCH_SECONDS = 600;

/** A run with two batches, each half answered; then it is killed. */
async function killedRun() {
  const sandbox = new Sandbox();
  const clock = new FastClock();
  const emulator = await startExternal(sandbox, { batchSeconds: BATCH_SECONDS, clock });
  sandbox.write("in.jsonl", jsonl(ROWS));
  const args = [...emulator.args, "in.jsonl", "-o", "out.jsonl", "--chunk-rows", "6"];
  const running = await startRun(sandbox, args, { env: emulator.env, batches: 2 });
  clock.skip(BATCH_SECONDS / 2);
  const billed = async () => (await emulator.billing())["requests"] ?? 0;
  await until(async () => (await billed()) === 6, "half of the answers");
  running.kill("SIGKILL");
  await running.ended;
  const env = { ...emulator.env, BG_PIPE_POLL_INTERVAL: "0.1" };
  const at = providerArgs(emulator);
  const cancel = (...more: string[]) => sandbox.run(["cancel", ...at, ...more], { env });
  const killedCancel = (point: string) => sandbox.run(["cancel", ...at], { env: { ...env, BG_PIPE_FAILPOINT: point } });
  /** The run's command once more, by when batches take no time. */
  const goOn = async () => {
    clock.run(10_000);
    return sandbox.run(args, { env: emulator.env });
  };
  return { sandbox, emulator, cancel, killedCancel, goOn };
}

/** All rows are answered, and no request was billed twice. */
async function expectGoesOn({ sandbox, emulator, goOn }: Awaited<ReturnType<typeof killedRun>>): Promise<void> {
  expect(await goOn()).toMatchObject({ status: 0 });
  const rows = rowsOf(sandbox.read("out.jsonl"));
  expect(rows.map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
  expect(rows.filter(({ grade }) => grade === null || grade === undefined)).toEqual([]);
  expect(await emulator.billing()).toMatchObject({ requests: ROWS.length, distinct: ROWS.length });
}

test("batches are cancelled and collected, and the same command asks only for the rest", async () => {
  const world = await killedRun();
  const { status, stdout } = await world.cancel("--json");
  expect(status).toBe(0);
  const batch = { outcome: "collected", batch_status: "cancelled", requests: 6, answers: 3, error: null };
  expect(cancellation(stdout).runs).toMatchObject([{ run: 1, state: "cancelled", batches: [batch, batch] }]);
  expect((await statusOf(world.sandbox)).runs).toMatchObject([
    { state: "cancelled", batches: [], requests: { collected: 12, in_flight: 0 } },
  ]);
  expect((await world.cancel()).stdout).toContain("nothing to cancel");
  await expectGoesOn(world);
});

test("people get a table; one batch can be cancelled alone", async () => {
  const { sandbox, cancel } = await killedRun();
  const [id = ""] = (await statusOf(sandbox)).runs.flatMap(({ batches }) =>
    batches.map((batch) => batch.batch_id ?? ""),
  );
  const one = await cancel(id);
  expect(one.stdout).toMatch(
    new RegExp(`^Run 1 {2}.*in\\.jsonl.*\n.*\n {2}${id} +cancelled +3 of 6\n {2}The run is unfinished`),
  );
  const rest = await cancel("1", "--wait", "10m");
  expect([one.status, rest.status]).toEqual([0, 0]);
  expect(rest.stdout).toContain("The run is cancelled.");
});

test("a run at work is refused, and named with its process", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 600 });
  const running = await startRun(sandbox, emulator.args, { stdin: jsonl(ROWS), env: emulator.env });
  for (const words of [[], ["1"], ["--all"]]) {
    const { status, stderr, stdout } = await sandbox.run(["cancel", ...words]);
    expect([status, stdout]).toEqual([75, ""]);
    expect(stderr).toContain(`process ${running.pid} is at work on run 1`);
    expect(stderr).toContain(`kill -INT ${running.pid}`);
  }
  running.kill("SIGKILL");
  await running.ended;
});

test("the embedded emulator is started for it as for the run; another provider's flags are named", async () => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl(ROWS));
  const grade = ["in.jsonl", "-o", "out.jsonl", "--chunk-rows", "6"];
  const killed = await sandbox.grade(grade, { env: { BG_PIPE_FAILPOINT: "chunk.submitted.after" } });
  expect(killed.status).toBe(137);
  const wrong = await sandbox.run(["cancel"]);
  expect([wrong.status, wrong.stderr]).toEqual([64, expect.stringContaining("--provider emulator")]);
  const { status, stdout } = await sandbox.run(["cancel", "--provider", "emulator", "--json"]);
  expect(status).toBe(0);
  expect(cancellation(stdout).runs[0]?.state).toBe("cancelled");
  expect(await sandbox.grade(grade)).toMatchObject({ status: 0 });
  expect(rowsOf(sandbox.read("out.jsonl"))).toHaveLength(ROWS.length);
});

test("several runs: which one has to be said", async () => {
  const sandbox = new Sandbox();
  for (const name of ["a.jsonl", "b.jsonl"]) {
    sandbox.write(name, jsonl(numbered(1)));
    await sandbox.grade([name, "--system", name], { env: { BG_PIPE_FAILPOINT: "chunk.sealed.after" } });
  }
  const { status, stderr } = await sandbox.run(["cancel"]);
  expect(status).toBe(64);
  expect(stderr).toMatch(/1 {2}.*a\.jsonl.*\n.*2 {2}.*b\.jsonl/);
  // Nothing of them is at a provider: no key and no flags are needed.
  expect(await sandbox.run(["cancel", "--all"])).toMatchObject({ status: 0 });
  expect((await statusOf(sandbox)).runs.map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
});

describe("killed in the middle, and done again", () => {
  test.each(["chunk.ended.before", "call.download.after", "run.close.before"])(
    "%s",
    { timeout: 120_000 },
    async (point) => {
      const world = await killedRun();
      expect(await world.killedCancel(point)).toMatchObject({ status: 137 });
      expect(await world.cancel()).toMatchObject({ status: 0 });
      expect((await statusOf(world.sandbox)).runs).toMatchObject([{ state: "cancelled", batches: [] }]);
      await expectGoesOn(world);
    },
  );

  test("and not done again: the same command goes on by itself", { timeout: 120_000 }, async () => {
    const world = await killedRun();
    expect(await world.killedCancel("chunk.ended.after")).toMatchObject({ status: 137 });
    await expectGoesOn(world);
  });
});
