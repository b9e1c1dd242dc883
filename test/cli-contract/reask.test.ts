import { expect, test } from "vitest";
import { Bill, costsOf, summaryIn, sumOf, usageEvents } from "./bills.ts";
import { jsonl, numbered, type Row, rowsOf, Sandbox, startExternal } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { reasoning: { type: "string" }, score: { type: "integer", minimum: 1, maximum: 5 } },
  required: ["reasoning", "score"],
  additionalProperties: false,
});
const ROWS = 200;

function attemptsOf(row: Row): number {
  return Number(row.grade_meta?.["attempts"]);
}

test("a tenth of malformed answers becomes none: each is asked again with the reason, and every attempt is accounted for", async () => {
  const sandbox = new Sandbox();
  const faults = { seed: 3, rates: { line_invalid_answer: 0.1 }, seconds: 0.1 };
  const emulator = await startExternal(sandbox, { faults });
  sandbox.write("schema.json", SCHEMA);
  const { status, stdout } = await sandbox.run(
    [...emulator.args, "--schema", "schema.json", "--meta", "--keep-remote", "--summary", "summary.json"],
    { env: emulator.env, stdin: jsonl(numbered(ROWS)) },
  );
  expect(status).toBe(0);
  const rows = rowsOf(stdout);
  expect(rows).toHaveLength(ROWS);
  for (const { grade } of rows) expect(grade).toEqual({ reasoning: expect.any(String), score: expect.any(Number) });

  // A tenth, as the dice fall; and no row more often than --retries says.
  const malformed = rows.filter((row) => attemptsOf(row) > 1).length;
  expect(malformed).toBeGreaterThan(ROWS * 0.05);
  expect(malformed).toBeLessThan(ROWS * 0.15);
  expect(Math.max(...rows.map(attemptsOf))).toBeLessThanOrEqual(1 + 3);

  const bill = new Bill(sandbox);
  const attempts = rows.reduce((sum, row) => sum + attemptsOf(row), 0);
  const summary = summaryIn(sandbox);
  expect([bill.lines.length, summary.requests.asked_again]).toEqual([attempts, attempts - ROWS]);
  expect(summary.cost.billed_usd).toBe(bill.cost);
  const { all_time: costs } = await costsOf(sandbox);
  expect([costs.cost_usd, sumOf(usageEvents(sandbox)), costs.requests]).toEqual([
    bill.cost,
    bill.cost,
    bill.lines.length,
  ]);

  const reasks = (await emulator.bodies()).filter(({ messages }) => messages?.at(-2)?.role === "assistant");
  expect(reasks).toHaveLength(attempts - ROWS);
  for (const { messages } of reasks) {
    expect(messages?.at(-1)?.content).toContain("That is not a valid answer: the answer is not JSON");
  }
});

test("an answer in a fence is mended, told of, and not asked for again", async () => {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA);
  const stdin = jsonl([{ response: "a [[emulator:fence]]" }, { response: "b" }]);
  const flags = ["--schema", "schema.json", "--meta", "--summary", "summary.json"];
  const { status, stdout, stderr } = await sandbox.grade(flags, { stdin });
  expect(status).toBe(0);
  const [mended, plain] = rowsOf(stdout);
  expect(mended).toMatchObject({
    grade: { score: expect.any(Number) },
    grade_meta: { repaired: ["fence"], attempts: 1 },
  });
  expect(Object.keys(plain?.grade_meta ?? {})).not.toContain("repaired");
  expect(summaryIn(sandbox).rows).toMatchObject({ answered: 2, repaired: 1 });
  expect(stderr).toContain("2 answered (1 repaired)");
  // The filters mend it, too.
  const line = `bg-pipe build rows.jsonl --schema schema.json --model gpt-4.1-mini --provider emulator > requests.jsonl &&
    bg-pipe submit requests.jsonl --provider emulator > results.jsonl 2> /dev/null &&
    bg-pipe merge rows.jsonl --results results.jsonl --schema schema.json --model gpt-4.1-mini --provider emulator`;
  sandbox.write("rows.jsonl", stdin);
  const merged = await sandbox.shell(line);
  expect([merged.status, rowsOf(merged.stdout).map(({ grade }) => grade)]).toEqual([0, [mended?.grade, plain?.grade]]);
});

test("what the schema does not require is null to the provider, and absent from the answer", async () => {
  const sandbox = new Sandbox();
  sandbox.write(
    "schema.json",
    JSON.stringify({ type: "object", properties: { a: { type: "boolean" }, b: { type: "boolean" } }, required: ["a"] }),
  );
  const { status, stdout } = await sandbox.grade(["--schema", "schema.json"], { stdin: jsonl(numbered(20)) });
  expect(status).toBe(0);
  const shapes = new Set(rowsOf(stdout).map(({ grade }) => Object.keys(Object(grade)).join()));
  expect([...shapes].sort()).toEqual(["a", "a,b"]);
  expect(stdout).not.toContain("null");
});

test("a keyword that strict mode does not know is named with its place; --no-strict sends the schema as it is", async () => {
  const sandbox = new Sandbox();
  const schema = {
    type: "object",
    properties: { tags: { type: "array", items: { type: "string" }, uniqueItems: true } },
  };
  sandbox.write("schema.json", `${JSON.stringify({ ...schema, required: ["tags"] }, null, 2)}\n`);
  const stdin = jsonl(numbered(2));
  const refused = await sandbox.grade(["--schema", "schema.json"], { stdin });
  expect(refused.status).toBe(78);
  expect(refused.stderr).toContain('schema.json:9:7: the keyword "uniqueItems" is not supported in strict mode');
  expect(refused.stderr).toContain("--no-strict");
  const emulator = await startExternal(sandbox);
  const sent = await sandbox.run([...emulator.args, "--schema", "schema.json", "--no-strict", "--keep-remote"], {
    env: emulator.env,
    stdin,
  });
  expect(sent.status).toBe(0);
  const [body] = await emulator.bodies();
  expect(body?.response_format?.json_schema).toMatchObject({
    strict: false,
    schema: { ...schema, required: ["tags"] },
  });
  sandbox.write("prompt.yaml", `user: "{{ text }}"\nstrict: false\nschema: ${JSON.stringify(schema)}\n`);
  expect((await sandbox.grade(["--prompt", "prompt.yaml"], { stdin })).status).toBe(0);
});
