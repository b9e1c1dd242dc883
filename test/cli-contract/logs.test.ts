import { expect, test } from "vitest";
import { jsonl, KEY, linesOf, numbered, Sandbox, startExternal, until } from "./support.ts";

const MODEL = ["--model", "gpt-4.1-mini"];

interface Line {
  readonly level: number;
  readonly time: number;
  readonly pid: number;
  readonly msg: string;
  readonly event?: string;
  readonly exit_status?: number;
  readonly [field: string]: unknown;
}

function logOf(text: string): Line[] {
  return linesOf(text).map((line): Line => JSON.parse(line));
}

test("every end of a command is in the log file with its cause, whatever stderr shows", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 60 });
  const { env } = emulator;
  const stdin = jsonl(numbered(2));
  const log = (name: string) => ["--log-file", `${name}.log`, "--quiet"];
  const detached = await sandbox.run([...emulator.args, ...log("detached"), "--detach"], { env, stdin });
  await sandbox.run([...emulator.args, ...log("refused")], {
    env: { OPENAI_API_KEY: "sk-wrong-0123456789" },
    stdin: jsonl(numbered(1, 9)),
  });
  await sandbox.run(["grade", "nowhere.jsonl", ...log("missing"), "--provider", "emulator", ...MODEL]);
  await sandbox.grade([...MODEL, ...log("failed")], { stdin: jsonl([{ response: "[[emulator:status=400]]" }]) });
  await sandbox.grade([...MODEL, ...log("budget"), "--token-limit", "1"], { stdin: jsonl(numbered(1, 20)) });
  const running = sandbox.start([...emulator.args, ...log("stopped")], { env, stdin: jsonl(numbered(3, 40)) });
  await until(
    () => sandbox.files().includes("stopped.log") && sandbox.read("stopped.log").includes("batch.submitted"),
    "a batch",
  );
  running.kill("SIGTERM");
  expect((await running.ended).status).toBe(143);
  const ends = ["detached", "refused", "missing", "failed", "budget", "stopped"].map((name) => {
    const lines = logOf(sandbox.read(`${name}.log`));
    expect(lines[0]).toMatchObject({ msg: "command.started", command: "grade", level: 30, pid: expect.any(Number) });
    const { event, exit_status: status, msg, level } = lines.at(-1) ?? { msg: "", level: 0 };
    expect([name, event]).toEqual([name, "command.ended"]);
    return [status, level, msg];
  });
  expect(ends).toEqual([
    [75, 40, expect.stringContaining("1 batch is at work")],
    [77, 50, expect.stringMatching(/401/)],
    [66, 50, "no such input: nowhere.jsonl"],
    [1, 30, "command.ended"],
    [76, 30, "command.ended"],
    [143, 40, "stopped by SIGTERM"],
  ]);
  // With --quiet, the end that --detach asks for is not told.
  expect(detached.stderr).toBe("");
  expect(logOf(sandbox.read("failed.log")).find(({ event }) => event === "run.ended")).toMatchObject({
    ...{ run: expect.any(Number), model: "gpt-4.1-mini", read: 1, answered: 0, failed: 1, exit_status: 1 },
  });
});

test("with --log-format json stderr is lines of JSON, from the first to the last", async () => {
  const sandbox = new Sandbox();
  const { stderr, status } = await sandbox.grade([...MODEL, "--log-format", "json"], { stdin: jsonl(numbered(2)) });
  const lines = logOf(stderr);
  expect(status).toBe(0);
  expect(lines.map(({ event }) => event)).toEqual([
    ...["command.started", "batch.submitted", "batch.completed", "run.ended", "command.ended"],
  ]);
  for (const line of lines) expect(Object.keys(line).slice(0, 5)).toEqual(["level", "time", "pid", "hostname", "msg"]);
});

test("a log file makes room, holds no secret, and one that cannot be opened ends the command", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const flags = ["--log-file", "run.log", "--log-file-size", "1k", "--log-file-count", "2", "--log-level", "debug"];
  const push = ["--metrics-push", "http://user:planted-password@127.0.0.1:9", "--metrics-file", "m.prom"];
  const run = await sandbox.run([...emulator.args, "--chunk-rows", "1", ...flags, ...push], {
    env: emulator.env,
    stdin: jsonl([...numbered(12), { response: `my key is ${KEY}` }]),
  });
  expect(run.status).toBe(0);
  const logs = sandbox.files().filter((name) => name.startsWith("run.log"));
  expect(logs.sort()).toEqual(["run.log", "run.log.1", "run.log.2"]);
  const texts = [...logs, "m.prom"].map((name) => sandbox.read(name));
  for (const text of [...texts, run.stderr]) {
    expect(text).not.toContain(KEY);
    expect(text).not.toContain("planted-password");
  }
  for (const name of logs) expect(logOf(sandbox.read(name)).length).toBeGreaterThan(0);
  expect((await sandbox.run(["status", "--log-file", "nowhere/run.log"])).status).toBe(73);
});
