import { expect, test } from "vitest";
import { jsonl, linesOf, Sandbox, startExternal } from "./support.ts";

const RUBRIC = "user: 'Judge: {{ text }}'\nrubric: { criteria: { wit: Is it funny? } }\n";

test("prompts lists those of the package and of the configuration, a line each", async () => {
  const sandbox = new Sandbox();
  sandbox.write("bg-pipe.yaml", "prompts:\n  mine:\n    description: My own.\n    user: '{{ text }}'\n");
  const { status, stdout } = await sandbox.run(["prompts"]);
  expect(status).toBe(0);
  expect(linesOf(stdout)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^grade +Grades the text/),
      expect.stringMatching(/^mine +My own\. \[bg-pipe\.yaml:2:\d+\]$/),
    ]),
  );
  const list: { name: string; origin: string }[] = JSON.parse((await sandbox.run(["prompts", "--json"])).stdout);
  expect(list.find(({ name }) => name === "mine")?.origin).toContain("bg-pipe.yaml");
  expect(list.find(({ name }) => name === "grade")?.origin).toBe("package");
});

test("a prompt that cannot be asked with is marked among the others, and the exit status says so", async () => {
  const sandbox = new Sandbox();
  const schema = "{ type: object, properties: { a: { type: string } }, not: {} }";
  sandbox.write("bg-pipe.yaml", `prompts:\n  bad: { user: x, schema: ${schema} }\n  mine: { user: x }\n`);
  const { status, stdout } = await sandbox.run(["prompts"]);
  expect(status).toBe(78);
  expect(stdout).toMatch(/^grade +Grades the text/m);
  expect(stdout).toMatch(/^bad +BROKEN: .*"not" is not supported.* \[bg-pipe\.yaml:2:\d+\]$/m);
  expect(stdout).toMatch(/^mine +\[/m);
  const list: { problem: string | null }[] = JSON.parse((await sandbox.run(["prompts", "--json"])).stdout);
  expect(list.filter(({ problem }) => problem !== null)).toHaveLength(1);
});

test("prompts show has a prompt in full, with what a rubric makes of itself", async () => {
  const sandbox = new Sandbox();
  sandbox.write("wit.yaml", RUBRIC);
  const { stdout } = await sandbox.run(["prompts", "show", "wit.yaml"]);
  for (const part of ["wit: Is it funny?", "--- user\nJudge: {{ text }}", '"reasoning"', '"maximum": 5']) {
    expect(stdout).toContain(part);
  }
  const shown = JSON.parse((await sandbox.run(["prompts", "show", "correctness", "--json"])).stdout);
  expect(shown).toMatchObject({ name: "correctness", origin: "package", schema: { required: expect.any(Array) } });
  expect(shown.strict_schema).toEqual(shown.schema);
});

test.each([
  [["prompts", "show", "grad"], 78, 'Did you mean "grade"?'],
  [["prompts", "show", "./none.yaml"], 66, "./none.yaml"],
  [["prompts", "list", "them"], 64, "bg-pipe prompts show NAME"],
])("%s is refused with %i", async (args, expected, message) => {
  const { status, stdout, stderr } = await new Sandbox().run(args);
  expect([status, stdout]).toEqual([expected, ""]);
  expect(stderr).toContain(message);
});

test("--dry-run --show prints the bodies that would go out, and nothing else to stdout", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("wit.yaml", RUBRIC);
  const stdin = jsonl(["a", "a", "b", "c", "d"].map((response) => ({ response })));
  const flags = [...emulator.args, "--prompt", "wit.yaml", "--keep-remote"];
  const dry = await sandbox.run([...flags, "--dry-run", "--show", "3"], { env: emulator.env, stdin });
  expect([dry.status, await emulator.posts()]).toEqual([0, 0]);
  expect((await sandbox.run(flags, { env: emulator.env, stdin })).status).toBe(0);
  expect(linesOf(dry.stdout)).toEqual((await emulator.bodies()).slice(0, 3).map((body) => JSON.stringify(body)));
  const without = await sandbox.run([...flags, "--show", "3"], { env: emulator.env, stdin });
  expect([without.status, without.stdout]).toEqual([64, ""]);
});
