import { describe, expect, test } from "vitest";
import { type Body, jsonl, rowsOf, Sandbox, startExternal } from "./support.ts";

/** Runs rows through the flags, and gives the bodies that the provider saw. */
async function bodiesOf(args: readonly string[], rows: readonly unknown[], files: Record<string, string> = {}) {
  const sandbox = new Sandbox();
  for (const [name, content] of Object.entries(files)) sandbox.write(name, content);
  const emulator = await startExternal(sandbox);
  const result = await sandbox.run([...emulator.args, "--keep-remote", ...args], {
    stdin: jsonl(rows),
    env: emulator.env,
  });
  return { ...result, bodies: await emulator.bodies() };
}

const textOf = (body: Body | undefined, role: string) => body?.messages?.find((each) => each.role === role)?.content;

test("--system, --user, --temperature, --max-output-tokens and --param make the body", async () => {
  const flags = ["--temperature", "0", "--max-output-tokens", "50", "--param", "seed=7", "--param", "top_p=0.5"];
  const args = ["--system", "Be {{ mood }}.", "--user", "{{ response }} & {{ id }}", ...flags];
  const { status, stdout, bodies } = await bodiesOf(args, [{ id: 7, mood: "kind", response: "<b>" }]);
  expect(status).toBe(0);
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatchObject({
    model: "gpt-4.1-mini",
    messages: [
      { role: "system", content: "Be kind." },
      { role: "user", content: "<b> & 7" },
    ],
    temperature: 0,
    seed: 7,
    top_p: 0.5,
  });
  expect(JSON.stringify(bodies[0])).toMatch(/"max_(completion_)?tokens":50/);
  expect(rowsOf(stdout)[0]?.grade).toEqual(expect.any(String));
});

test("a template that names a field the row lacks makes a failed row with the field's name", async () => {
  const { status, stdout, bodies } = await bodiesOf(["--user", "{{ topic }}"], [{ response: "a" }, { topic: "t" }]);
  expect(status).toBe(1);
  const rows = rowsOf(stdout);
  expect(rows[0]?.grade_error).toMatchObject({ code: "missing_field", message: expect.stringContaining("topic") });
  expect(rows[1]?.grade).not.toBeNull();
  expect(bodies).toHaveLength(1);
});

test("--field names the text to grade", async () => {
  const { status, bodies } = await bodiesOf(["--field", "essay"], [{ essay: "the words", response: "others" }]);
  expect(status).toBe(0);
  expect(textOf(bodies[0], "user")).toContain("the words");
  expect(textOf(bodies[0], "user")).not.toContain("others");
});

test("the default prompt shows the row's question, where it has one", async () => {
  const { bodies } = await bodiesOf([], [{ response: "42" }, { question: "What is it?", response: "43" }]);
  expect(textOf(bodies[0], "user")).not.toContain("task");
  expect(textOf(bodies[1], "user")).toContain("What is it?");
});

test("--schema goes out with the request, and the answer is an object in its properties' order", async () => {
  const schema = {
    type: "object",
    properties: { verdict: { enum: ["yes", "no"], type: "string" }, count: { type: "integer" } },
    required: ["verdict", "count"],
    additionalProperties: false,
  };
  const files = { "schema.json": JSON.stringify(schema) };
  const { status, stdout, bodies } = await bodiesOf(["--schema", "schema.json"], [{ response: "a" }], files);
  expect(status).toBe(0);
  expect(bodies[0]?.response_format?.json_schema.schema).toEqual(schema);
  expect(stdout).toMatch(/"grade":\{"verdict":"(yes|no)","count":-?\d+\}\}\n$/);
});

test("--prompt correctness judges against the row's reference, and misses it where there is none", async () => {
  const rows = [{ reference: "It is 42.", response: "42" }, { response: "no reference" }];
  const { status, stdout, bodies } = await bodiesOf(["--prompt", "correctness"], rows);
  expect(status).toBe(1);
  expect(textOf(bodies[0], "user")).toContain("It is 42.");
  const [judged, missed] = rowsOf(stdout);
  expect(judged?.grade).toMatchObject({ correct: expect.any(Boolean), score: expect.any(Number) });
  expect(missed?.grade_error).toMatchObject({ code: "missing_field", message: expect.stringContaining("reference") });
});

test("--examples brings the style prompt", async () => {
  const files = { "examples.txt": "Ahoy, matey!\nShiver me timbers.\n" };
  const { status, bodies } = await bodiesOf(["--examples", "examples.txt"], [{ response: "Hello" }], files);
  expect(status).toBe(0);
  const sent = JSON.stringify(bodies[0]?.messages);
  expect(sent).toContain("Ahoy, matey!");
  expect(sent).toContain("Shiver me timbers.");
  expect(sent).toMatch(/style/i);
});

test("a prompt file of one's own", async () => {
  const files = { "mine.yaml": 'system: "Answer in one word."\nuser: "What colour is {{ thing }}?"\n' };
  const { status, bodies } = await bodiesOf(["--prompt", "mine.yaml"], [{ thing: "snow" }], files);
  expect(status).toBe(0);
  expect(textOf(bodies[0], "user")).toBe("What colour is snow?");
  expect(textOf(bodies[0], "system")).toBe("Answer in one word.");
});

describe("endpoints", () => {
  test("/v1/responses answers as chat completions do", async () => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox);
    const args = [...emulator.args, "--endpoint", "/v1/responses", "--meta", "--keep-remote"];
    const { status, stdout } = await sandbox.run(args, { stdin: jsonl([{ response: "a" }]), env: emulator.env });
    expect(status).toBe(0);
    expect(rowsOf(stdout)[0]).toMatchObject({ grade: { score: expect.any(Number) }, grade_meta: { attempts: 1 } });
    const [body] = await emulator.bodies();
    expect(body?.input).toBeDefined();
    expect(body?.messages).toBeUndefined();
  });

  test("/v1/embeddings gives the vector", async () => {
    const args = ["--endpoint", "/v1/embeddings", "--model", "text-embedding-3-small", "--output-field", "vector"];
    const { status, stdout, bodies } = await bodiesOf(args, [{ response: "a text" }, { response: "a text" }]);
    expect(status).toBe(0);
    const [first, second] = rowsOf(stdout);
    expect(first?.["vector"]).toEqual(expect.arrayContaining([expect.any(Number)]));
    expect(second?.["vector"]).toEqual(first?.["vector"]);
    expect(bodies).toMatchObject([{ input: "a text", model: "text-embedding-3-small" }]);
  });
});

describe("--output-field", () => {
  test("names the field of the answer, of its error and of its origin", async () => {
    const sandbox = new Sandbox();
    const stdin = jsonl([{ grade: "mine", response: "a" }, { response: "[[emulator:refuse]]" }]);
    const { status, stdout } = await sandbox.grade(["--output-field", "score", "--meta"], { stdin });
    expect(status).toBe(1);
    const [answered, refused] = rowsOf(stdout);
    expect(Object.keys(answered ?? {})).toEqual(["grade", "response", "score", "score_meta"]);
    expect(answered?.grade).toBe("mine");
    expect(refused).toMatchObject({ score: null, score_error: { code: "refused" } });
  });

  test.for([
    ["jsonl", '{"response":"a","grade":1}\n', []],
    ["jsonl", '{"response":"a","grade_error":1}\n', []],
    ["jsonl", '{"response":"a","grade_meta":1}\n', ["--meta"]],
    ["csv", "response,grade.score\na,1\n", []],
  ] as const)("a field of the input by that name is refused: %s %j", async ([format, stdin, flags]) => {
    const sandbox = new Sandbox();
    const { status, stdout, stderr } = await sandbox.grade(["--input-format", format, ...flags], { stdin });
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain("--output-field");
    expect(stderr).toMatch(/"grade[._a-z]*"/);
  });
});
