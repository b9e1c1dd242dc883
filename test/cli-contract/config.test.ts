import { describe, expect, test } from "vitest";
import { jsonl, rowsOf, Sandbox, STACK } from "./support.ts";

/** The model that a run asks, as its rows say. */
async function modelOf(sandbox: Sandbox, args: readonly string[] = [], env: Record<string, string> = {}) {
  const { stdout, stderr } = await sandbox.grade(["--meta", ...args], { stdin: jsonl([{ response: "a" }]), env });
  return rowsOf(stdout)[0]?.grade_meta?.["model"] ?? stderr;
}

test("the later layer wins: user's file, project's file, environment, flag", async () => {
  const sandbox = new Sandbox();
  sandbox.write("config/bg-pipe/config.yaml", "model: gpt-4.1\n");
  expect(await modelOf(sandbox)).toBe("gpt-4.1");
  sandbox.write("bg-pipe.yaml", "model: gpt-4o\n");
  expect(await modelOf(sandbox)).toBe("gpt-4o");
  const env = { BG_PIPE_MODEL: "gpt-4o-mini" };
  expect(await modelOf(sandbox, [], env)).toBe("gpt-4o-mini");
  expect(await modelOf(sandbox, ["--model", "gpt-4.1-nano"], env)).toBe("gpt-4.1-nano");
  sandbox.write("other.yaml", "model: gpt-5-mini\n");
  expect(await modelOf(sandbox, ["--config", "other.yaml"])).toBe("gpt-5-mini");
});

test("maps merge deeply over the layers, from file and flags", async () => {
  const sandbox = new Sandbox();
  sandbox.write("config/bg-pipe/config.yaml", "param: { seed: 1, metadata: { a: x, b: y } }\n");
  sandbox.write("bg-pipe.yaml", "param:\n  metadata: { b: z }\n");
  const { status, stdout } = await sandbox.run(["config", "print", "--json", "--param", "top_p=0.5"]);
  expect(status).toBe(0);
  const printed = JSON.parse(stdout);
  expect(JSON.stringify(printed)).toContain('{"seed":1,"metadata":{"a":"x","b":"z"},"top_p":0.5}');
});

test("a prompt of one's own in bg-pipe.yaml", async () => {
  const sandbox = new Sandbox();
  sandbox.write("bg-pipe.yaml", "prompt: colour\nprompts:\n  colour:\n    user: What colour is {{ thing }}?\n");
  const { status, stdout } = await sandbox.grade([], { stdin: jsonl([{ thing: "snow" }]) });
  expect(status).toBe(0);
  expect(rowsOf(stdout)).toMatchObject([{ thing: "snow", grade: expect.any(String) }]);
});

describe("a mistake in bg-pipe.yaml is named by file, line and column", () => {
  test.for([
    ["model: gpt-4.1\nchunk-row: 5\n", /bg-pipe\.yaml:2:1\b.*"?chunk-row"?[\s\S]*chunk-rows/],
    ["# first\nchunk-rows: many\n", /bg-pipe\.yaml:2:13\b.*chunk-rows/],
    ["model: gpt-4.1\norder: random\n", /bg-pipe\.yaml:2:8\b[\s\S]*completion/],
    ["model: [\n", /bg-pipe\.yaml:\d+:\d+/],
    ["prompts:\n  mine:\n    usr: x\n", /bg-pipe\.yaml:3:5\b.*usr[\s\S]*user/],
  ] as const)("%j", async ([yaml, message]) => {
    const sandbox = new Sandbox();
    sandbox.write("bg-pipe.yaml", yaml);
    const { status, stdout, stderr } = await sandbox.grade([], { stdin: jsonl([{ response: "a" }]) });
    expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(STACK);
  });
});

test("a wrong value in the environment names the variable", async () => {
  const sandbox = new Sandbox();
  const { status, stderr } = await sandbox.grade([], { env: { BG_PIPE_CHUNK_ROWS: "many" } });
  expect([64, 78]).toContain(status);
  expect(stderr).toContain("BG_PIPE_CHUNK_ROWS");
});
