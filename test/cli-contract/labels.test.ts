import { expect, test } from "vitest";
import { summaryIn } from "./bills.ts";
import { jsonl, numbered, rowsOf, Sandbox } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: {
    why: { type: "string" },
    passed: { type: "boolean" },
    score: { type: "integer", minimum: 1, maximum: 3 },
  },
  required: ["why", "passed", "score"],
  additionalProperties: false,
});

function sandboxWith(): Sandbox {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA);
  return sandbox;
}

const FLAGS = ["--schema", "schema.json", "--label", "label", "--summary", "summary.json"];

test("booleans: the figures are those of the rows, counted by hand", async () => {
  const sandbox = sandboxWith();
  const labels = ["true", 1, "No", false, "yes", 0];
  const input = [
    ...numbered(60).map((row, index) => ({ ...row, label: labels[index % labels.length] })),
    { response: "no label" },
    { response: "[[emulator:refuse]]", label: true },
  ];
  // There is a score, too, which labels of this kind are not the labels of.
  const { stdout, stderr } = await sandbox.grade(FLAGS, { stdin: jsonl(input) });
  const cells = [0, 0, 0, 0];
  for (const { label, grade } of rowsOf(stdout).slice(0, 60)) {
    const isLabel = label === "true" || label === 1 || label === "yes";
    const cell = (isLabel ? 2 : 0) + ((grade as { passed: boolean }).passed ? 1 : 0);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const [a = 0, b = 0, c = 0, d = 0] = cells;
  const chance = ((a + b) * (a + c) + (c + d) * (b + d)) / 3600;
  const { labels: found } = summaryIn(sandbox);
  expect(found).toMatchObject({
    label: "label",
    answer: "passed",
    compared: 60,
    without_label: 1,
    without_answer: 1,
    scale: "nominal",
    values: [false, true],
    confusion: [
      [a, b],
      [c, d],
    ],
    kappa_linear: null,
  });
  expect(found?.accuracy?.value).toBeCloseTo((a + d) / 60, 12);
  expect(found?.kappa?.value).toBeCloseTo(((a + d) / 60 - chance) / (1 - chance), 12);
  expect(stderr).toContain("60 compared: passed with label, 1 without a label, 1 without an answer");
});

test("scores: one's own answers agree in all, and the default is score", async () => {
  const sandbox = sandboxWith();
  const first = await sandbox.grade(["--schema", "schema.json"], { stdin: jsonl(numbered(20)) });
  const input = rowsOf(first.stdout).map(({ grade, ...row }) => ({
    ...row,
    label: (grade as { score: number }).score,
  }));
  const { status, stderr } = await sandbox.grade(FLAGS, { stdin: jsonl(input) });
  expect(status).toBe(0);
  const named = ["--label-answer", "passed", "--summary", "named.json"];
  await sandbox.grade([...FLAGS.slice(0, 4), ...named], { stdin: jsonl(input) });
  expect(JSON.parse(sandbox.read("named.json")).labels).toMatchObject({ answer: "passed", same_scale: false });
  const one = { value: 1, low: 1, high: 1 };
  expect(summaryIn(sandbox).labels).toMatchObject({
    answer: "score",
    scale: "ordinal",
    accuracy: one,
    kappa: one,
    kappa_linear: one,
    kappa_quadratic: one,
    spearman: one,
  });
  expect(stderr).toContain("quadratic weights  1.000  1.000 to 1.000");
});

test("a label in a table, against a plain answer; the figures are in the ledger too", async () => {
  const sandbox = new Sandbox();
  const flags = ["--system", "Grade.", "--label", "label", "--summary", "summary.json"];
  const { status, stderr } = await sandbox.grade(flags, { stdin: "response,label\none,good\ntwo,\n" });
  expect(status).toBe(0);
  expect(summaryIn(sandbox).labels).toMatchObject({ answer: null, compared: 1, without_label: 1, same_scale: false });
  expect(stderr).toContain("are they of one scale?");
});

test("what is compared has to be clear", async () => {
  const sandbox = sandboxWith();
  sandbox.write("two.json", SCHEMA.replaceAll("score", "points"));
  const stdin = jsonl(numbered(1));
  const unclear = await sandbox.grade(["--schema", "two.json", "--label", "label"], { stdin });
  expect(unclear.status).toBe(64);
  expect(unclear.stderr).toContain("--label-answer FIELD: why, passed, points");
  expect((await sandbox.grade(["--label-answer", "score"], { stdin })).status).toBe(64);
  const misspelt = await sandbox.grade([...FLAGS, "--label-answer", "scroe"], { stdin });
  expect([misspelt.status, misspelt.stderr]).toEqual([64, expect.stringContaining("Did you mean score?")]);
  const unlabelled = await sandbox.grade(FLAGS, { stdin });
  expect(unlabelled.stderr).toContain("is label the rows' field?");
});

test("an answer that a table has in one column is compared by the fields that its schema names", async () => {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA.replace(',"additionalProperties":false', ""));
  const stdin = jsonl(numbered(6).map((row) => ({ ...row, label: 1 })));
  const { status } = await sandbox.grade([...FLAGS, "--no-strict"], { stdin });
  expect([status, summaryIn(sandbox).labels]).toMatchObject([0, { answer: "score", compared: 6 }]);
});

test("a field whose name holds a dot is compared, too", async () => {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA.replaceAll("score", "how.good"));
  const stdin = jsonl(numbered(6).map((row) => ({ ...row, label: 1 })));
  await sandbox.grade([...FLAGS, "--label-answer", "how.good"], { stdin });
  expect(summaryIn(sandbox).labels).toMatchObject({ answer: "how.good", compared: 6 });
});
