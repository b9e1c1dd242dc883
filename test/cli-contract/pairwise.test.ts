import { expect, test } from "vitest";
import { Bill, summaryIn } from "./bills.ts";
import { jsonl, linesOf, rowsOf, Sandbox, startExternal } from "./support.ts";

const PAIRS = Array.from({ length: 12 }, (_, id) => ({ id, response_a: `first ${id}`, response_b: `second ${id}` }));

test("a pair is asked in both orders, comes out as one row, and is billed once", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const flags = [...emulator.args, "--prompt", "pairwise", "--keep-remote", "--summary", "summary.json"];
  const options = { env: emulator.env, stdin: jsonl(PAIRS) };
  const { status, stdout, stderr } = await sandbox.run(flags, options);
  expect(status).toBe(0);
  const rows = rowsOf(stdout);
  expect(rows.map(({ id }) => id)).toEqual(PAIRS.map(({ id }) => id));
  for (const { grade, grade_pairwise: pairwise } of rows) {
    const { winner } = Object(grade);
    const { consistent, first, swapped } = Object(pairwise);
    expect([consistent, winner]).toEqual([first === swapped, first === swapped ? first : "tie"]);
  }
  const told = rows.map((row) => Object(row["grade_pairwise"]).consistent);
  const consistent = told.filter(Boolean).length;
  expect(new Set(told)).toEqual(new Set([true, false]));
  expect(summaryIn(sandbox).pairs).toEqual({ consistent, inconsistent: PAIRS.length - consistent });
  expect(stderr).toContain(`${consistent} the same in both orders`);

  const shown = (await emulator.bodies()).map(({ messages }) => messages?.at(-1)?.content ?? "");
  for (const { response_a: a, response_b: b } of PAIRS) {
    const texts = (one: string, other: string) => `<a>\n${one}\n</a>\n\n<b>\n${other}\n</b>`;
    expect(shown.filter((text) => text.includes(texts(a, b)) || text.includes(texts(b, a)))).toHaveLength(2);
  }
  const bill = new Bill(sandbox);
  expect([bill.lines.length, bill.distinct]).toEqual([24, 24]);
  const again = await sandbox.run(flags, options);
  expect([again.status, again.stdout === stdout, new Bill(sandbox).lines.length]).toEqual([0, true, 24]);
});

test("a pair in a table has its columns; one that lacks a text fails, and names it", async () => {
  const sandbox = new Sandbox();
  const stdin = jsonl([
    PAIRS[0],
    { id: 2, response_a: "x", response_b: "y [[emulator:refuse]]" },
    { id: 3, response_a: "x", response_b: null },
  ]);
  const args = ["--prompt", "pairwise", "--output-format", "csv"];
  const { status, stdout } = await sandbox.grade(args, { stdin });
  expect(status).toBe(1);
  expect(linesOf(stdout)[0]).toBe(
    "id,response_a,response_b,grade.reasoning,grade.winner,grade_error.code,grade_error.message," +
      "grade_pairwise.consistent,grade_pairwise.first,grade_pairwise.swapped",
  );
  expect(linesOf(stdout)[2]).toContain(",refused,");
  const missing = await sandbox.grade(["--prompt", "pairwise"], { stdin: jsonl([{ response_a: "x", other: 1 }]) });
  expect(rowsOf(missing.stdout)[0]?.grade_error).toMatchObject({
    code: "missing_field",
    message: expect.stringContaining('"response_b"'),
  });
});

test("what makes one request of each row refuses a pairwise prompt, as does a schema beside it", async () => {
  const sandbox = new Sandbox();
  const rows = sandbox.write("rows.jsonl", jsonl(PAIRS));
  sandbox.write("schema.json", '{"type":"object","properties":{}}');
  const model = ["--prompt", "pairwise", "--model", "gpt-4.1-mini"];
  for (const command of ["build", "count"]) {
    const { status, stderr } = await sandbox.run([command, rows, ...model]);
    expect([command, status]).toEqual([command, 64]);
    expect(stderr).toContain("pairwise");
  }
  expect((await sandbox.grade([rows, ...model, "--schema", "schema.json"])).status).toBe(64);
  sandbox.write(
    "mine.yaml",
    "pairwise: { a: x, b: y }\nuser: '{{ a }} {{ b }}'\nschema: { type: object, properties: {} }\n",
  );
  const { status, stderr } = await sandbox.grade([rows, "--prompt", "mine.yaml"]);
  expect([status, stderr]).toEqual([78, expect.stringContaining("mine.yaml:3:9: the schema of a pairwise prompt")]);
});
