import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { InterruptedError } from "../../src/cli/signals.ts";
import { ProviderUnreachableError } from "../../src/core/errors.ts";
import { ClosedOutputError } from "../../src/io/output-error.ts";
import { runMain } from "./test-host.ts";

/** Has `help` throw in the place of doing its work. */
async function failing(error: unknown, argv: readonly string[] = ["help"], environment = {}) {
  const help = await commands.help();
  const spy = vi.spyOn(help, "run").mockRejectedValueOnce(error);
  try {
    return await runMain(argv, { environment });
  } finally {
    spy.mockRestore();
  }
}

test.each([["--version"], ["-V"], ["grade", "--version"]])("%s prints the version", async (...argv) => {
  expect(await runMain(argv)).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
});

test("no arguments: the help, on stderr, and 64", async () => {
  const run = await runMain([]);
  expect(run).toMatchObject({ status: 64, stdout: "" });
  expect(run.stderr).toContain("Usage: bg-pipe <command>");
});

test.each([
  [["grad"], 'bg-pipe: there is no command "grad"\n  Did you mean grade? Known: '],
  [["help", "grad"], 'bg-pipe: there is no command "grad"\n  Did you mean grade? Known: '],
  [["--quiet"], "bg-pipe: no command is given\n"],
  [["grade", "--modle", "x"], "bg-pipe: there is no flag --modle\n  Did you mean --model? "],
  [["grade", "--port", "1"], "bg-pipe: grade does not take the flag --port\n"],
  [["grade", "--max-batches", "abc"], 'bg-pipe: --max-batches is "abc", but has to be a whole number of at least 1\n'],
  [["config", "print", "--api-key=hunter22"], "bg-pipe: there is no flag --api-key"],
])("%j ends with 64 and says why", async (argv, stderr) => {
  const run = await runMain(argv);
  expect(run).toMatchObject({ status: 64, stdout: "" });
  expect(run.stderr).toContain(stderr);
  expect(run.stderr).not.toMatch(/hunter22|\n +at /);
});

test("an error of ours ends with its status, message and hint, without a stack trace", async () => {
  const error = new ProviderUnreachableError("no answer from http://x", { hint: "Is it up?" });
  expect(await failing(error)).toEqual({
    status: 69,
    stdout: "",
    stderr: "bg-pipe: no answer from http://x\n  Is it up?\n",
  });
});

test("any other error is a bug: 70, and a request to report it", async () => {
  const run = await failing(new TypeError("x is not a function"));
  expect(run.status).toBe(70);
  expect(run.stderr).toMatch(/^bg-pipe: x is not a function\n {2}This is a bug in bg-pipe: please report it/);
  expect(run.stderr).not.toMatch(/\n +at /);
  expect((await failing("a text")).stderr).toContain("bg-pipe: a text\n");
});

test.each([
  [new InterruptedError("SIGINT"), 130],
  [new InterruptedError("SIGTERM"), 143],
  [new InterruptedError("SIGHUP"), 129],
  [new ClosedOutputError("stdout"), 141],
])("%s is a quiet end", async (error, status) => {
  expect(await failing(error)).toEqual({ status, stdout: "", stderr: "" });
});

test("an EPIPE that is not stdout's is told", async () => {
  const error = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  expect((await failing(error)).status).toBe(70);
});

test("secrets do not show in error messages", async () => {
  const run = await failing(new Error("401 for hunter22 and sk-abcdefghijkl"), ["help"], {
    OPENAI_API_KEY: "hunter22\n",
  });
  expect(run.stderr).toContain("401 for [redacted] and [redacted]");
});

test("stack traces under --log-level debug, also before the configuration is loaded", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "bg-pipe-main-"));
  await writeFile(join(cwd, "bg-pipe.yaml"), "modle: x\n");
  const plain = await runMain(["config", "check"], { cwd });
  expect(plain).toEqual({
    status: 78,
    stdout: "",
    stderr: expect.stringContaining('bg-pipe: bg-pipe.yaml:1:1: unknown key "modle"\n  Did you mean model? '),
  });
  expect(plain.stderr).not.toMatch(/\n +at /);
  const debug = await runMain(["config", "check", "--log-level", "debug"], { cwd });
  expect(debug.stderr).toMatch(/\n +at /);
});

test("with --log-format json errors and warnings are JSON lines, too", async () => {
  const environment = { BG_PIPE_MODLE: "x" };
  const run = await runMain(["config", "frobnicate", "--log-format", "json"], { environment });
  expect(run.status).toBe(64);
  const lines = run.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 30, event: "command.started", command: "config" },
    { level: 40, msg: expect.stringContaining("BG_PIPE_MODLE") },
    { level: 50, msg: "config needs to be told what to do", exit_status: 64 },
  ]);
});

test("a broken configuration does not keep help and completion from working", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "bg-pipe-main-"));
  await writeFile(join(cwd, "bg-pipe.yaml"), "a: [\n");
  const environment = { BG_PIPE_RETRIES: "many" };
  expect((await runMain(["help"], { cwd, environment })).status).toBe(0);
  expect((await runMain(["completion", "bash"], { cwd, environment })).status).toBe(0);
  expect((await runMain(["config", "print"], { cwd, environment })).status).toBe(78);
});

test("no signal listener is left behind", async () => {
  const before = process.listenerCount("SIGINT");
  await runMain(["help"]);
  await failing(new Error("x"));
  expect(process.listenerCount("SIGINT")).toBe(before);
});
