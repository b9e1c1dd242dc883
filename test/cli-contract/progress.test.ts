import { expect, test } from "vitest";
import { jsonl, linesOf, numbered, Sandbox, startExternal } from "./support.ts";

const MODEL = ["--model", "gpt-4.1-mini"];
const ESCAPE = "\u001b";

/** Runs a line of bash whose stderr is a terminal of 100 columns. @returns what the terminal was told */
async function onTerminal(sandbox: Sandbox, line: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  sandbox.write("line.sh", `stty cols 100 rows 20\n${line}\n`);
  const node = JSON.stringify(process.execPath);
  await sandbox.shell(`export NODE=${node}; script -qec 'bash line.sh' terminal.txt`, {
    env: { TERM: "xterm", ...env },
  });
  return sandbox.read("terminal.txt");
}

/** The command line of bg-pipe, for a script. */
function bgPipe(args: readonly string[]): string {
  return `"$NODE" ${new URL("../../bin/bg-pipe.js", import.meta.url).pathname} ${args.join(" ")}`;
}

test("on a terminal there is a live view, and the rows are only rows", async () => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl(numbered(30)));
  const args = ["grade", "in.jsonl", "--provider", "emulator", ...MODEL, "--chunk-rows", "10"];
  const told = await onTerminal(sandbox, `${bgPipe(args)} > out.jsonl`, { FORCE_COLOR: "1" });
  expect(told).toContain(`${ESCAPE}[J`);
  expect(told).toMatch(/30 rows read {2}30 asked/);
  expect(told).toMatch(/completed.* 10 +10 {2}.*#{20}/);
  expect(told).toContain(`${ESCAPE}[32mcompleted`);
  const rows = linesOf(sandbox.read("out.jsonl"));
  expect(rows).toHaveLength(30);
  expect(rows.every((row) => row.startsWith('{"id":') && !row.includes(ESCAPE))).toBe(true);
});

test.each([
  ["a dumb terminal", "", { TERM: "dumb" }],
  ["--progress never", "--progress never", {}],
  ["--quiet", "--quiet", {}],
  ["JSON log lines", "--log-format json", {}],
])("with %s nothing is drawn", async (_, flags, env) => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl(numbered(3)));
  const args = ["grade", "in.jsonl", "--provider", "emulator", ...MODEL, flags];
  const told = await onTerminal(sandbox, `${bgPipe(args)} > out.jsonl`, env);
  expect(told).not.toContain(ESCAPE);
  expect(linesOf(sandbox.read("out.jsonl"))).toHaveLength(3);
});

test("a view has no colours under NO_COLOR, and is not drawn where rows go to the same terminal", async () => {
  const sandbox = new Sandbox();
  sandbox.write("in.jsonl", jsonl(numbered(3)));
  const args = ["grade", "in.jsonl", "--provider", "emulator", ...MODEL];
  const plain = await onTerminal(sandbox, `${bgPipe(args)} > out.jsonl`, { NO_COLOR: "1" });
  expect(plain).toContain(`${ESCAPE}[J`);
  expect(plain).not.toContain(`${ESCAPE}[32m`);
  expect(await onTerminal(sandbox, bgPipe(args))).not.toContain(ESCAPE);
});

test("status --watch goes on until nothing of a detached run is at work", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 2 });
  const { env } = emulator;
  const detached = await sandbox.run([...emulator.args, "--detach"], { env, stdin: jsonl(numbered(4)) });
  expect(detached.status).toBe(75);
  const address = emulator.args.slice(1, 3).join(" ");
  const watch = bgPipe(["status", "--watch", address, "--poll-interval", "1"]);
  const told = await onTerminal(sandbox, `${watch}; echo "exit $?"`, { ...env, NO_COLOR: "1" });
  expect(told).toMatch(/run 1 {2}4 asked/);
  expect(told).toMatch(/run 1 .*\$0.*of ~\$0/);
  expect(told).toMatch(/in_progress|validating|finalizing/);
  expect(told).toMatch(/completed .*4 +4/);
  expect(told).toMatch(/nothing is at work any more.*\r?\nexit 0/);
  const both = await sandbox.run(["status", "--watch", "--json"]);
  expect(both.status).toBe(64);
});
