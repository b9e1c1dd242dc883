import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../run-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { BIN, ended, start } from "./test-process.ts";

/** Prints each module's address on stderr as it is loaded. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) { process._rawDebug("loaded " + url); return next(url, context); } });
`)}`;

const HEAVY =
  /node_modules\/(openai|js-tiktoken|tiktoken|prom-client|zod|yaml|yargs|csv-[a-z]+|stream-chain|liquidjs|ajv)\/|node:sqlite|src\/emulator\//;

async function loadedBy(argv: readonly string[]): Promise<string[]> {
  const run = await ended(start(BIN, argv, { node: ["--import", HOOK] }));
  expect(run.status).toBe(0);
  return run.stderr.split("\n").filter((line) => line.startsWith("loaded "));
}

test.each([
  [["--help"]],
  [["grade", "--help"]],
  [["emulate", "--help"]],
  [["submit", "--help"]],
  [["merge", "--help"]],
  [["--version"]],
])("%j loads nothing heavy", async (argv) => {
  const loaded = await loadedBy(argv);
  expect(loaded.some((line) => line.endsWith("src/cli/main.ts"))).toBe(true);
  expect(loaded.filter((line) => HEAVY.test(line))).toEqual([]);
});

test("a run that nobody watches loads neither metrics nor a view", async () => {
  const rows = ["grade", join(REPOSITORY, "fixtures/answers.jsonl"), "--provider", "emulator", "--progress", "never"];
  const loaded = await loadedBy([...rows, "--dry-run", "--state-dir", temporaryDirectory()]);
  expect(loaded.some((line) => line.endsWith("src/pipelines/grade.ts"))).toBe(true);
  const unwanted = /prom-client|src\/metrics\/|src\/cli\/progress|progress\/draw|rotating-file/;
  expect(loaded.filter((line) => unwanted.test(line))).toEqual([]);
});

test("the hook does see what is heavy", async () => {
  const loaded = await loadedBy(["config", "check"]);
  expect(loaded.filter((line) => HEAVY.test(line)).join()).toMatch(/yargs.*yaml/s);
});
