import { expect, test } from "vitest";
import { codesOf, jsonl, linesOf, rowsOf, Sandbox } from "./support.ts";

/** What the emulator is told to do, and what has to become of the row. */
const OUTCOMES: readonly (readonly [directive: string, code: string | null, attempts: number])[] = [
  ["refuse", "refused", 1],
  ["content_filter", "content_filter", 1],
  ["status=400", "rejected", 1],
  ["status=404", "rejected", 1],
  ["status=429", "rate_limited", 4],
  ["status=500", "server_error", 4],
  ["status=503", "server_error", 4],
  ["status=0", "server_error", 4],
  ["lose", "missing_result", 4],
  ["status=429,times=1", null, 2],
  ["status=500,times=3", null, 4],
  ["status=0,times=2", null, 3],
  ["corrupt,times=1", null, 2],
  ["lose,times=1", null, 2],
];

test("every outcome has its code, and what can pass is asked again, --retries times", async () => {
  const sandbox = new Sandbox();
  const stdin = jsonl(OUTCOMES.map(([directive], id) => ({ id, response: `[[emulator:${directive}]]` })));
  const { status, stdout } = await sandbox.grade(["--meta"], { stdin });
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual(OUTCOMES.map(([, code]) => code));
  const rows = rowsOf(stdout);
  expect(rows.map((row) => row["id"])).toEqual(OUTCOMES.map((_, id) => id));
  expect(rows.map((row) => row.grade_meta?.["attempts"])).toEqual(OUTCOMES.map(([, , attempts]) => attempts));
  for (const row of rows.filter(({ grade_error }) => grade_error !== undefined)) {
    expect(row.grade).toBeNull();
    // A person can read it: some words, not only a number.
    expect(row.grade_error?.message).toMatch(/[a-z]{3}.*[a-z]{3}/i);
  }
  expect(rows[2]?.grade_error?.message).toContain("400");
  expect(rows[3]?.grade_error?.message).toContain("404");
});

test("an answer that never follows its schema is invalid_answer", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.grade([], { stdin: jsonl([{ response: "[[emulator:invalid_answer]]" }]) });
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual(["invalid_answer"]);
});

test("an answer cut off by --max-output-tokens is cut_off, not half an answer", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.grade(["--max-output-tokens", "2"], { stdin: jsonl([{ response: "a" }]) });
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual(["cut_off"]);
});

test("a refusal that was billed says what it used", async () => {
  const sandbox = new Sandbox();
  const { stdout } = await sandbox.grade(["--meta"], { stdin: jsonl([{ response: "[[emulator:refuse]]" }]) });
  expect(rowsOf(stdout)[0]?.grade_meta).toMatchObject({ model: "gpt-4.1-mini", usage: { input: expect.any(Number) } });
});

test("--meta tells where an answer came from; answered from the ledger it is the same", async () => {
  const sandbox = new Sandbox();
  const options = { stdin: jsonl([{ response: "a" }]) };
  const first = await sandbox.grade(["--meta"], options);
  const row = rowsOf(first.stdout)[0];
  expect(Object.keys(row ?? {})).toEqual(["response", "grade", "grade_meta"]);
  expect(row?.grade_meta).toMatchObject({
    custom_id: expect.any(String),
    batch_id: expect.stringMatching(/^batch_/),
    model: "gpt-4.1-mini",
    finish_reason: "stop",
    usage: { input: expect.any(Number), output: expect.any(Number) },
    attempts: 1,
  });
  expect((await sandbox.grade(["--meta"], options)).stdout).toBe(first.stdout);
});

test("one row in, one row out, whatever fails beside it", async () => {
  const sandbox = new Sandbox();
  const stdin = jsonl(
    Array.from({ length: 120 }, (_, id) => {
      const [directive] = OUTCOMES[id % OUTCOMES.length] ?? [""];
      return { id, response: id % 3 === 0 ? `${id} [[emulator:${directive}]]` : `plain ${id}` };
    }),
  );
  const { status, stdout } = await sandbox.grade(["--chunk-rows", "25", "--retries", "1"], { stdin });
  expect(status).toBe(1);
  expect(linesOf(stdout)).toHaveLength(120);
  expect(rowsOf(stdout).map((row) => row["id"])).toEqual(Array.from({ length: 120 }, (_, id) => id));
});
