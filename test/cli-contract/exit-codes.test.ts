import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { jsonl, numbered, type Result, Sandbox, STACK, startExternal } from "./support.ts";

/** Checks that a run ended with that status, said so in words, and wrote no row. */
function expectEnd(result: Result, status: number, message: RegExp) {
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(STACK);
  expect({ status: result.status, stdout: result.stdout }).toEqual({ status, stdout: "" });
}

const stdin = jsonl([{ response: "a" }]);

describe("64: the command line", () => {
  test.for([
    [["grade", "--chunk-row", "5"], /--chunk-rows?\b/],
    [["grad"], /grade/],
    [["grade", "--chunk-rows", "none"], /chunk-rows/],
    [["grade", "--order", "random"], /input.*completion/],
    [["grade", "--model"], /model/],
    [["grade", "--api-key", "sk-x"], /api-key-file|OPENAI_API_KEY/],
  ] as const)("%j", async ([args, message]) => {
    expectEnd(await new Sandbox().run(args, { stdin }), 64, message);
  });
});

describe("66: an input that is not there", () => {
  test.for([
    ["absent.jsonl", /absent\.jsonl/],
    ["absent*.jsonl", /absent\*\.jsonl/],
  ] as const)("%s", async ([input, message]) => {
    const sandbox = new Sandbox();
    const present = sandbox.write("present.jsonl", stdin);
    expectEnd(await sandbox.grade([present, input]), 66, message);
  });

  test("a folder is no input", async () => {
    const sandbox = new Sandbox();
    mkdirSync(sandbox.path("folder"));
    expectEnd(await sandbox.grade(["folder"]), 66, /folder/);
  });
});

describe("69: the provider cannot be reached", () => {
  test("nothing listens at --base-url", { timeout: 45_000 }, async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    server.close();
    const sandbox = new Sandbox();
    const args = ["grade", "--base-url", `http://127.0.0.1:${port}/v1`, "--model", "gpt-4.1-mini"];
    const run = sandbox.start(args, { stdin, env: { OPENAI_API_KEY: "sk-x" } });
    const stop = setTimeout(() => run.kill("SIGKILL"), 30_000);
    const result = await run.ended;
    clearTimeout(stop);
    expectEnd(result, 69, /127\.0\.0\.1|connect|reach/);
  });
});

describe("73 and 74: the output", () => {
  test("a folder that is not there", async () => {
    expectEnd(await new Sandbox().grade(["-o", "no/such/out.jsonl"], { stdin }), 73, /no\/such/);
  });

  test("a folder in the output's place", async () => {
    const sandbox = new Sandbox();
    mkdirSync(sandbox.path("out.jsonl"));
    expectEnd(await sandbox.grade(["-o", "out.jsonl"], { stdin }), 73, /out\.jsonl/);
  });

  test("a state folder that cannot be made", async () => {
    const sandbox = new Sandbox();
    sandbox.write("file", "");
    expectEnd(await sandbox.grade(["--state-dir", "file/state"], { stdin }), 73, /file\/state/);
  });

  test("stdout on a full disk; nothing that was paid for is lost", async () => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox);
    const input = sandbox.write("rows.jsonl", jsonl(numbered(5)));
    const command = `bg-pipe ${emulator.args.join(" ")} ${input}`;
    const full = await sandbox.shell(`${command} > /dev/full`, { env: emulator.env });
    expectEnd(full, 74, /stdout.*(space|ENOSPC)/);
    const again = await sandbox.shell(command, { env: emulator.env });
    expect(again.status).toBe(0);
    expect(await emulator.billing()).toMatchObject({ requests: 5, distinct: 5 });
  });

  test("a file on a full disk", async () => {
    expectEnd(await new Sandbox().grade(["-o", "/dev/full"], { stdin }), 74, /\/dev\/full.*(space|ENOSPC)/);
  });

  test("errors on a full disk", async () => {
    const result = await new Sandbox().grade(["--errors", "/dev/full", "-o", "out.jsonl"], { stdin: "{}\n" });
    expectEnd(result, 74, /\/dev\/full.*(space|ENOSPC)/);
  });
});

describe("77: the key", () => {
  test("there is none", async () => {
    expectEnd(await new Sandbox().run(["grade", "--model", "gpt-4.1-mini"], { stdin }), 77, /OPENAI_API_KEY/);
  });

  test("a key file that is not there or empty", async () => {
    const sandbox = new Sandbox();
    sandbox.write("empty", "\n");
    for (const file of ["absent", "empty"]) {
      const result = await sandbox.run(["grade", "--model", "gpt-4.1-mini", "--api-key-file", file], { stdin });
      expect([66, 77]).toContain(result.status);
      expect(result.stderr).toContain(file);
      expect(result.stderr).not.toMatch(STACK);
    }
  });

  test("it is refused; with the right one the same command goes on", async () => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox);
    const wrong = await sandbox.run(emulator.args, { stdin, env: { OPENAI_API_KEY: "sk-wrong" } });
    expectEnd(wrong, 77, /key/i);
    expect(wrong.stderr).not.toContain("sk-wrong");
    expect((await sandbox.run(emulator.args, { stdin, env: emulator.env })).status).toBe(0);
    expect(await emulator.billing()).toMatchObject({ requests: 1 });
  });
});

describe("78: the configuration", () => {
  test.for([
    [["--model", "no-such-model"], /"no-such-model"[\s\S]*gpt-4\.1-mini/],
    [["--prompt", "no-such-prompt"], /no-such-prompt[\s\S]*grade/],
    [["--user", "{{ response"], /user/],
    [["--schema", "broken.json"], /broken\.json/],
    [["--config", "broken.yaml"], /broken\.yaml:\d+:\d+/],
  ] as const)("%j", async ([flags, message]) => {
    const sandbox = new Sandbox();
    sandbox.write("broken.json", '{"type": "object"');
    sandbox.write("broken.yaml", "model: gpt-4.1\n  chunk-rows: 5\n");
    expectEnd(await sandbox.grade(flags, { stdin }), 78, message);
  });
});

test.for([
  ["--prompt", "absent.yaml"],
  ["--schema", "absent.json"],
  ["--examples", "absent.txt"],
  ["--config", "absent.yaml"],
])("66 or 78: %j that cannot be read", async (flags) => {
  const result = await new Sandbox().grade(flags, { stdin });
  expectEnd(result, result.status === 66 ? 66 : 78, /absent\./);
});

test("a state folder that cannot be made: 73 or 74, and a clear message", async () => {
  const sandbox = new Sandbox();
  // A file where a folder should be stops root, too, whom permissions do not.
  writeFileSync(sandbox.path("locked"), "");
  const result = await sandbox.grade(["--state-dir", "locked/state"], { stdin });
  expectEnd(result, result.status === 74 ? 74 : 73, /locked/);
  expect(existsSync(sandbox.path("locked/state"))).toBe(false);
});
