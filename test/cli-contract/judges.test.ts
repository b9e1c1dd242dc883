import { expect, test } from "vitest";
import { Bill, costsOf, summaryIn } from "./bills.ts";
import { codesOf, jsonl, numbered, type Row, rowsOf, Sandbox, startExternal } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: {
    why: { type: "string" },
    passed: { type: "boolean" },
    score: { type: "integer", minimum: 1, maximum: 5 },
  },
  required: ["why", "passed", "score"],
  additionalProperties: false,
});

interface Answer {
  readonly why: string;
  readonly passed: boolean;
  readonly score: number;
}

interface Agreement {
  readonly agree: boolean | null;
  readonly share: number;
  readonly spread: number;
  readonly answered: number;
  readonly asked: number;
}

function setUp(options: Parameters<typeof startExternal>[1] = {}) {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA);
  return startExternal(sandbox, options).then((emulator) => {
    const grade = (stdin: string, ...args: readonly string[]) =>
      sandbox.run([...emulator.args, "--schema", "schema.json", "--retries", "1", ...args], {
        env: emulator.env,
        stdin,
      });
    return { sandbox, emulator, grade };
  });
}

interface OneAnswer {
  readonly judge: string;
  readonly sample: number;
  readonly custom_id: string;
  readonly answer: Answer;
  readonly error?: { readonly code: string };
}

function answersIn({ grade_meta: meta }: Row): readonly OneAnswer[] {
  return (meta?.["answers"] ?? []) as readonly OneAnswer[];
}

const JUDGES = ["--judge", "gpt-4.1-mini", "--judge", "gpt-4.1,gpt-5-mini"];

test("several judges: one row, the median and the majority, and who said what at which price", async () => {
  const { sandbox, emulator, grade } = await setUp();
  const input = jsonl(numbered(12));
  const { status, stdout, stderr } = await grade(input, ...JUDGES, "--meta", "--summary", "summary.json");
  expect(status).toBe(0);
  const rows = rowsOf(stdout);
  expect(rows.map(({ id }) => id)).toEqual(numbered(12).map(({ id }) => id));
  for (const row of rows) {
    const answers = answersIn(row);
    expect(answers.map(({ judge }) => judge)).toEqual(["gpt-4.1-mini", "gpt-4.1", "gpt-5-mini"]);
    const scores = answers.map(({ answer }) => answer.score).sort();
    const grades = row.grade as Answer;
    expect(grades.score).toBe(scores[1]);
    expect(grades.passed).toBe(answers.filter(({ answer }) => answer.passed).length >= 2);
    const agreement = row["grade_agreement"] as Agreement;
    expect(agreement).toMatchObject({ answered: 3, asked: 3, spread: (scores[2] ?? 0) - (scores[0] ?? 0) });
    expect(agreement.agree).toBe(new Set(answers.map(({ answer }) => `${answer.score}${answer.passed}`)).size === 1);
  }

  const bill = new Bill(sandbox);
  expect(bill.lines).toHaveLength(36);
  const { cost, judging, requests } = summaryIn(sandbox);
  expect(requests.asked).toBe(36);
  expect(cost.billed_usd).toBe(bill.cost);
  expect(judging?.judges.map((judge) => [judge.model, judge.billed_usd])).toEqual(
    ["gpt-4.1-mini", "gpt-4.1", "gpt-5-mini"].map((name) => [name, bill.costOf(({ model }) => model === name)]),
  );
  expect((judging?.rows_agreed ?? 0) + (judging?.rows_disagreed ?? 0)).toBe(12);
  expect(stderr).toContain("gpt-5-mini: 12 answered");
  expect((await costsOf(sandbox)).by_model?.map(({ requests: count }) => count)).toEqual([12, 12, 12]);

  const posts = await emulator.posts();
  expect((await grade(input, ...JUDGES, "--meta")).stdout).toBe(stdout);
  expect(await emulator.posts()).toBe(posts);
});

test.each([
  ["batch", "input"],
  ["batch", "completion"],
  ["live", "input"],
  ["live", "completion"],
])("%s, by %s: the same rows", async (mode, order) => {
  const { sandbox, grade } = await setUp();
  const input = `${jsonl([...numbered(9), ...numbered(2)])}{bad\n${jsonl([{ id: "none" }])}`;
  const flags = [...JUDGES, "--samples", "2", "--chunk-rows", "7"];
  const { status, stdout } = await grade(input, ...flags, "--mode", mode, "--order", order);
  expect(status).toBe(1);
  expect(
    codesOf(stdout)
      .filter((code) => code !== null)
      .sort(),
  ).toEqual(["bad_input", "missing_field"]);
  const again = rowsOf((await grade(input, ...flags)).stdout);
  expect(
    rowsOf(stdout)
      .map((row) => JSON.stringify(row))
      .sort(),
  ).toEqual(again.map((row) => JSON.stringify(row)).sort());
  // Nine rows differ, each asked of three models twice.
  expect(new Bill(sandbox).lines).toHaveLength(54);
});

test("past the deadline the judges that are left are asked live", async () => {
  const { sandbox, grade } = await setUp({ batchSeconds: 100 });
  const { status, stdout } = await grade(jsonl(numbered(6)), ...JUDGES, "--deadline", "1", "--meta");
  expect(status).toBe(0);
  expect(rowsOf(stdout).flatMap((row) => answersIn(row).map(({ judge }) => judge))).toHaveLength(18);
  const { lines } = new Bill(sandbox);
  expect(lines).toHaveLength(18);
  expect(lines.some(({ batch_id: batch }) => batch === null)).toBe(true);
});

test("samples: the first is the request as it always is; the body holds no number", async () => {
  const { sandbox, emulator, grade } = await setUp();
  const input = jsonl(numbered(4));
  const [one] = rowsOf((await grade(input, "--meta")).stdout);
  const { stdout, status } = await grade(input, "--samples", "3", "--meta", "--keep-remote");
  expect(status).toBe(0);
  const [row] = rowsOf(stdout);
  const ids = row === undefined ? [] : answersIn(row).map(({ custom_id: id }) => id);
  expect(ids[0]).toBe(one?.grade_meta?.["custom_id"]);
  expect(new Set(ids).size).toBe(3);
  expect(new Bill(sandbox).lines).toHaveLength(12);
  expect(new Set((await emulator.bodies()).map((body) => JSON.stringify(body))).size).toBe(4);
});

test("samples with the same invalid answer are asked again each for itself", async () => {
  const { sandbox, grade } = await setUp();
  const input = jsonl([{ response: "[[emulator:invalid_answer,times=2]]" }]);
  const { status, stdout } = await grade(input, "--samples", "2", "--meta");
  expect(status).toBe(0);
  expect(rowsOf(stdout)[0]?.grade_meta).toMatchObject({ attempts: 4, answers: [{ attempts: 2 }, { attempts: 2 }] });
  expect(new Bill(sandbox).lines).toHaveLength(4);
});

test("one answer that fails does not lose the row, if enough are left", async () => {
  const { grade } = await setUp();
  const input = jsonl([{ response: "[[emulator:invalid_answer,times=1]]" }, { response: "well" }]);
  const flags = ["--samples", "2", "--retries", "0", "--meta", "--state-dir"];
  const { status, stdout } = await grade(input, ...flags, "one");
  expect(status).toBe(0);
  const [row] = rowsOf(stdout);
  expect(row?.["grade_agreement"]).toMatchObject({ agree: null, answered: 1, asked: 2 });
  const codes = row === undefined ? [] : answersIn(row).map(({ error }) => error?.code);
  expect(codes.toSorted()).toEqual(["invalid_answer", undefined]);

  const always = jsonl([{ response: "[[emulator:refuse]]" }, { response: "well" }]);
  expect(codesOf((await grade(always, ...flags, "two")).stdout)).toEqual(["refused", null]);
});

test("with fewer answers than the quorum a row fails", async () => {
  const { grade } = await setUp();
  const input = jsonl([{ response: "[[emulator:invalid_answer,times=1]]" }, { response: "well" }]);
  const { status, stdout } = await grade(input, "--samples", "3", "--retries", "0", "--quorum", "3");
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual(["invalid_answer", null]);
  expect(rowsOf(stdout)[0]?.grade_error?.message).toMatch(/^1 of 3 answers are missing; the first: /);
});

test("a table has a column for each figure", async () => {
  const { grade } = await setUp();
  const { status, stdout } = await grade("id,response\n1,one\n2,two\n", ...JUDGES, "--output-format", "csv", "--meta");
  expect(status).toBe(0);
  const [header = "", first = ""] = stdout.split("\n");
  expect(header).toBe(
    "id,response,grade.why,grade.passed,grade.score,grade_error.code,grade_error.message,grade_agreement.agree," +
      "grade_agreement.share,grade_agreement.spread,grade_agreement.tie,grade_agreement.answered,grade_agreement.asked," +
      "grade_meta.custom_id,grade_meta.batch_id,grade_meta.model,grade_meta.finish_reason,grade_meta.usage," +
      "grade_meta.cost_usd,grade_meta.attempts,grade_meta.repaired,grade_meta.logprobs,grade_meta.answers",
  );
  expect(first).toMatch(/^1,one,[^,]+,(?:true|false),[1-5],,,(?:true|false),/);
});

test("a dry run counts all requests, and chunks by model", async () => {
  const { sandbox, emulator, grade } = await setUp();
  const flags = [...JUDGES, "--samples", "2", "--summary", "summary.json"];
  expect((await grade(jsonl(numbered(5)), ...flags, "--dry-run")).status).toBe(0);
  const planned = summaryIn(sandbox);
  expect(planned).toMatchObject({ requests: { asked: 30 }, chunks: 3 });
  expect(await emulator.posts()).toBe(0);
  expect((await grade(jsonl(numbered(5)), ...flags)).status).toBe(0);
  const { tokens, cost } = summaryIn(sandbox);
  expect(tokens.estimated_input).toBe(planned.tokens.estimated_input);
  expect(cost.estimated_usd).toBe(planned.cost.estimated_usd);
});

test("the budget holds for all judges together; a row it cuts short is none of those answered", async () => {
  const { sandbox, grade } = await setUp();
  const flags = [...JUDGES, "--token-limit", "5000", "--summary", "summary.json"];
  const { status, stdout } = await grade(jsonl(numbered(20)), ...flags);
  expect(status).toBe(76);
  const codes = codesOf(stdout);
  expect(codes).toHaveLength(20);
  expect(new Set(codes)).toEqual(new Set([null, "budget_exceeded"]));
  expect(new Bill(sandbox).tokens.input).toBeLessThanOrEqual(5000);
  expect((await grade(jsonl(numbered(20)), ...JUDGES)).status).toBe(0);
  expect(new Bill(sandbox).lines).toHaveLength(60);
});

test.each([
  [["--judge", "m", "--judge", "m"], "is given twice"],
  [["--judge", "a,b,c", "--samples", "11"], "33 answers are asked for each row"],
  [["--quorum", "2"], "can never be had"],
  [["--judge", "a,b", "--escalate", "c"], "is to answer for itself"],
  [["--samples", "2", "--endpoint", "/v1/embeddings"], "embeddings are not judged"],
])("%j makes no sense", async (args, message) => {
  const sandbox = new Sandbox();
  const { status, stderr } = await sandbox.grade(args, { stdin: jsonl(numbered(1)) });
  expect(status).toBe(64);
  expect(stderr).toContain(message);
});
