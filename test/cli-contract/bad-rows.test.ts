import { describe, expect, test } from "vitest";
import { codesOf, jsonl, linesOf, rowsOf, Sandbox } from "./support.ts";

const MIXED = [
  '{"id":1,"response":"good"}',
  "{not json}",
  '{"id":3}',
  "null",
  '"a string"',
  "[1]",
  '{"id":7,"response":"last"}',
];
const CODES = [null, "bad_input", "missing_field", "bad_input", "bad_input", "bad_input", null];

describe("rows that cannot be asked", () => {
  test("are rows of the output, each with its reason, and the run ends with 1", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", `${MIXED.join("\n")}\n`);
    const { status, stdout, stderr } = await sandbox.grade([input]);
    expect(status).toBe(1);
    expect(codesOf(stdout)).toEqual(CODES);
    expect(stderr).toMatch(/7 read, 2 answered, 5 failed/);
    const rows = rowsOf(stdout);
    expect(Object.keys(rows[1] ?? {})).toEqual(["grade", "grade_error"]);
    expect(rows[1]).toMatchObject({ grade: null, grade_error: { line: 2, raw: "{not json}" } });
    expect(rows[1]?.grade_error?.message).toContain("rows.jsonl:2:2");
    expect(linesOf(stdout)[2]).toMatch(/^\{"id":3,"grade":null,"grade_error":\{"code":"missing_field",/);
    expect(rows[2]?.grade_error?.message).toContain('"response"');
    expect(rows[3]).toMatchObject({ grade: null, grade_error: { line: 4, raw: "null" } });
  });

  test("--on-error skip leaves them out, --errors has them", async () => {
    const sandbox = new Sandbox();
    const args = ["--on-error", "skip", "--errors", "errors.jsonl"];
    const { status, stdout } = await sandbox.grade(args, { stdin: `${MIXED.join("\n")}\n` });
    expect(status).toBe(1);
    expect(rowsOf(stdout).map((row) => row["id"])).toEqual([1, 7]);
    expect(codesOf(sandbox.read("errors.jsonl"))).toEqual(CODES.filter((code) => code !== null));
  });

  test("--errors with keep has them too, in the same words", async () => {
    const sandbox = new Sandbox();
    const { stdout } = await sandbox.grade(["--errors", "errors.jsonl"], { stdin: `${MIXED.join("\n")}\n` });
    expect(linesOf(sandbox.read("errors.jsonl"))).toEqual(
      linesOf(stdout).filter((line) => line.includes("grade_error")),
    );
  });

  test("--halt-on ends the run at the codes it names, and keeps the rows that failed otherwise", async () => {
    const sandbox = new Sandbox();
    const rows = '{"id":1,"response":"a"}\n{"id":2}\n{bad\n{"id":4,"response":"b"}\n';
    const { status, stdout, stderr } = await sandbox.grade(["--halt-on", "bad_input"], { stdin: rows });
    expect([status, stderr.includes(":3:2")]).toEqual([65, true]);
    expect(rowsOf(stdout).map(({ grade_error: error }) => error?.code)).toEqual([]);
    const kept = await sandbox.grade(["--halt-on", "rejected,refused"], { stdin: rows });
    expect(rowsOf(kept.stdout)).toHaveLength(4);
    expect(await sandbox.grade(["--halt-on", "refusd"], { stdin: rows })).toMatchObject({ status: 64 });
  });

  test("--on-error halt ends with 65 at bad input, and says where", async () => {
    const sandbox = new Sandbox();
    const stdin = `${MIXED.join("\n")}\n`;
    const { status, stderr } = await sandbox.grade(["--on-error", "halt", "-o", "out.jsonl"], { stdin });
    expect(status).toBe(65);
    expect(stderr).toMatch(/-:2\b/);
    expect(sandbox.files()).not.toContain("out.jsonl");
  });

  test("when there is nothing else, all come out, and nothing is asked", async () => {
    const sandbox = new Sandbox();
    const { status, stdout, stderr } = await sandbox.grade(["--input-format", "jsonl"], { stdin: "nope\n[]\n" });
    expect(status).toBe(1);
    expect(codesOf(stdout)).toEqual(["bad_input", "bad_input"]);
    expect(stderr).toMatch(/requests +0 asked/);
  });
});

test("blank lines are no rows, and are counted as lines", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.grade([], { stdin: '\n{"response":"a"}\n\n  \n\r\nbad\n' });
  expect(status).toBe(1);
  expect(rowsOf(stdout)).toMatchObject([{ response: "a" }, { grade_error: { line: 6 } }]);
});

test("bytes that are no UTF-8 are a bad row, not another text", async () => {
  const sandbox = new Sandbox();
  const stdin = Buffer.concat([
    Buffer.from('{"response":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}\n{"response":"b"}\n'),
  ]);
  const { status, stdout } = await sandbox.grade([], { stdin });
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual(["bad_input", null]);
});

describe("a row that is too long", () => {
  test("for --max-record-bytes is a failed row, its text clipped", async () => {
    const sandbox = new Sandbox();
    const stdin = jsonl([{ response: "a" }, { response: "é".repeat(3000) }, { response: "c" }]);
    const { status, stdout } = await sandbox.grade(["--max-record-bytes", "2000"], { stdin });
    expect(status).toBe(1);
    expect(codesOf(stdout)).toEqual([null, "bad_input", null]);
    const error = rowsOf(stdout)[1]?.grade_error;
    expect(error?.message).toContain("2000");
    expect(Buffer.byteLength(error?.raw ?? "")).toBeLessThanOrEqual(1024);
  });

  test.for([
    ["--chunk-bytes", "3000", /3000|3,000/],
    ["--chunk-tokens", "500", /500/],
  ] as const)("for %s is a failed row with its figure", async ([flag, limit, figure]) => {
    const sandbox = new Sandbox();
    const stdin = jsonl([{ response: "a" }, { id: 2, response: "word ".repeat(2000) }, { response: "c" }]);
    const { status, stdout } = await sandbox.grade([flag, limit], { stdin });
    expect(status).toBe(1);
    expect(codesOf(stdout)).toEqual([null, "too_long", null]);
    expect(rowsOf(stdout)[1]?.grade_error?.message).toMatch(figure);
  });

  test("for the model's context window is a failed row", async () => {
    const sandbox = new Sandbox();
    const stdin = jsonl([{ response: "word ".repeat(9000) }, { response: "b" }]);
    const { status, stdout } = await sandbox.grade(["--model", "gpt-4"], { stdin });
    expect(status).toBe(1);
    expect(codesOf(stdout)).toEqual(["too_long", null]);
    expect(rowsOf(stdout)[0]?.grade_error?.message).toMatch(/8,?192/);
  });
});
