import { expect, test } from "vitest";
import { jsonl, numbered, Sandbox } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  additionalProperties: false,
  required: ["score", "label", "detail"],
  properties: {
    score: { type: "integer", minimum: 1, maximum: 5 },
    label: { type: "string", enum: ["good", "</script>", "bad"] },
    detail: {
      type: "object",
      additionalProperties: false,
      required: ["share"],
      properties: { share: { type: "number" } },
    },
  },
});
const ROWS = jsonl([...numbered(40), { id: 40, response: "[[emulator:refuse]]" }, ...numbered(3)]);

interface Grade {
  readonly score: number;
  readonly label: string;
  readonly detail: { readonly share: number };
}

async function graded(sandbox: Sandbox, ...args: readonly string[]) {
  sandbox.write("schema.json", SCHEMA);
  sandbox.write("in.jsonl", ROWS);
  const files = ["in.jsonl", "-o", "out.jsonl", "--summary", "run.json", "--schema", "schema.json"];
  const result = await sandbox.grade([...files, "--model", "gpt-4.1-mini", "--chunk-rows", "9", ...args]);
  const rows: { grade: Grade | null }[] = sandbox
    .read("out.jsonl")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { result, grades: rows.flatMap(({ grade }) => grade ?? []), summary: JSON.parse(sandbox.read("run.json")) };
}

function countsOf<Value>(values: readonly Value[]): Map<Value, number> {
  return new Map([...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]));
}

test.each([[["--mode", "batch"]], [["--mode", "live"]]])(
  "with %j the summary counts the answers' values as they came out, and so does the next run out of the ledger",
  async (mode) => {
    const sandbox = new Sandbox();
    const first = await graded(sandbox, ...mode);
    const { scores } = first.summary;
    const byScore = countsOf(first.grades.map(({ score }) => score));
    expect(scores.map(({ field }: { field: string }) => field)).toEqual([
      "grade.score",
      "grade.label",
      "grade.detail.share",
    ]);
    expect(scores[0]).toMatchObject({ kind: "integer", answers: 43, absent: 0, exact: true });
    expect(scores[0].bins).toEqual([1, 2, 3, 4, 5].map((n) => ({ from: n, to: n, count: byScore.get(n) ?? 0 })));
    const byLabel = countsOf(first.grades.map(({ label }) => label));
    expect(scores[1].values).toEqual(
      ["good", "</script>", "bad"].map((value) => ({ value, count: byLabel.get(value) ?? 0 })),
    );
    expect(scores[2].min).toBe(Math.min(...first.grades.map(({ detail }) => detail.share)));
    expect(first.result.stderr).toMatch(/\nscores {4}grade\.score, of 43: mean \d/);
    const again = await graded(sandbox);
    expect(again.summary.requests).toMatchObject({ asked: 0 });
    expect(again.summary.scores).toEqual(scores);
  },
);

test("report tells what the run was: its summary's scores, and the ledger's tokens, cost and batches", async () => {
  const sandbox = new Sandbox();
  const { summary } = await graded(sandbox);
  const { status, stdout, stderr } = await sandbox.run(["report", "latest", "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    run: { run: 1, state: "finished", exit_status: 1, pipeline: "grade" },
    rows: summary.rows,
    scores: summary.scores,
    failures: { of: "rows", by_code: { refused: 1 } },
    models: [{ model: "gpt-4.1-mini", mode: "batch", requests: 41, cost_usd: summary.cost.billed_usd }],
    estimate: { input_tokens: { estimated: summary.tokens.estimated_input } },
    batches: { total: summary.batches_submitted, every: 1 },
  });
  expect(report.batches.listed).toHaveLength(summary.batches_submitted);
  for (const one of report.batches.listed) {
    const times = [one.in_progress_at, one.finalizing_at, one.ended_at].map((time) => Date.parse(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }
});

test("report writes one page, to stdout or with -o, and never where a configuration puts the rows", async () => {
  const sandbox = new Sandbox();
  await graded(sandbox);
  sandbox.write("bg-pipe.yaml", "output: rows.jsonl\n");
  const printed = await sandbox.run(["report", "1"]);
  expect([printed.status, printed.stdout.slice(0, 15)]).toEqual([0, "<!doctype html>"]);
  expect(printed.stdout).not.toContain("</script>&");
  expect(sandbox.files()).not.toContain("rows.jsonl");
  const written = await sandbox.run(["report", "-o", "page.html"]);
  expect(written).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(sandbox.read("page.html")).toContain("<title>Run 1 – bg-pipe</title>");
});

test("a run that is not there is a mistake, and no ledger is made", async () => {
  const sandbox = new Sandbox();
  const none = await sandbox.run(["report"]);
  expect(none).toMatchObject({ status: 64, stdout: "" });
  expect(none.stderr).toContain("there is no run yet");
  await sandbox.grade([], { stdin: jsonl(numbered(1)) });
  for (const args of [["2"], ["one"], ["1", "2"]]) {
    expect(await sandbox.run(["report", ...args])).toMatchObject({ status: 64, stdout: "" });
  }
});

test("of a run that was killed the report says what the ledger knows", async () => {
  const sandbox = new Sandbox();
  const env = { BG_PIPE_FAILPOINT: "chunk.submitted.after" };
  await sandbox.grade([], { stdin: jsonl(numbered(4)), env });
  const { status, stdout } = await sandbox.run(["report", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    run: { state: "unfinished", ended_at: null, seconds: null },
    rows: null,
    scores: [],
    failures: { of: "requests" },
    requests: { in_flight: 4 },
    batches: { total: 1 },
  });
  expect((await sandbox.run(["report"])).stdout).toContain("No execution of this run has come to an end yet");
});
