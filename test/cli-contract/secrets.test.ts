import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonl, KEY, numbered, Sandbox, startExternal } from "./support.ts";

/** The files under a folder that hold a text. */
function filesWith(directory: string, secret: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(secret));
}

test("the key is in no file and no line of output, whatever happens", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const stdin = jsonl([
    ...numbered(3),
    { response: "[[emulator:status=500]]" },
    { response: "[[emulator:status=401]]" },
  ]);
  const debug = ["--log-level", "debug", "--retries", "1", "--meta", "--summary", "summary.json"];
  const wrong = "sk-proj-WRONG_0123456789abcdefghij";
  const runs = [
    await sandbox.run([...emulator.args, ...debug], { stdin, env: emulator.env }),
    await sandbox.run([...emulator.args, ...debug, "--log-format", "json", "--fresh"], { stdin, env: emulator.env }),
    await sandbox.run([...emulator.args, ...debug], { stdin: jsonl(numbered(1, 9)), env: { OPENAI_API_KEY: wrong } }),
    await sandbox.run(["config", "print", "--json"], { env: emulator.env }),
    await sandbox.run(["config", "print"], { env: emulator.env }),
  ];
  expect(runs.map(({ status }) => status)).toEqual([1, 1, 77, 0, 0]);
  for (const { stdout, stderr } of runs) {
    for (const secret of [KEY, wrong]) {
      expect(stdout).not.toContain(secret);
      expect(stderr).not.toContain(secret);
    }
  }
  for (const secret of [KEY, wrong]) expect(filesWith(sandbox.directory, secret)).toEqual([]);
});

test("a key in a file, in a URL or given where it does not belong is not shown either", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("key", `${KEY}\n`);
  const stdin = jsonl(numbered(2));
  const filed = await sandbox.run([...emulator.args, "--api-key-file", "key", "--log-level", "debug"], { stdin });
  expect(filed.status).toBe(0);
  expect(filed.stderr).not.toContain(KEY);
  expect(filesWith(sandbox.path("state"), KEY)).toEqual([]);
  sandbox.write("inline.yaml", `api-key: ${KEY}\n`);
  const inline = await sandbox.run([...emulator.args, "--config", "inline.yaml"], { stdin });
  expect(inline.status).toBe(78);
  expect(inline.stderr).toMatch(/inline\.yaml:1:\d+/);
  expect(inline.stderr).not.toContain(KEY);
});
