import { expect, test } from "vitest";
import { Bill, summaryIn } from "./bills.ts";
import { codesOf, jsonl, numbered, rowsOf, Sandbox, startExternal } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { why: { type: "string" }, score: { type: "integer", minimum: 1, maximum: 5 } },
  required: ["why", "score"],
  additionalProperties: false,
});

async function setUp() {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("schema.json", SCHEMA);
  sandbox.write("probe.jsonl", jsonl(numbered(8, 100)));
  const flags = ["--schema", "schema.json", "--retries", "0", "--summary", "summary.json"];
  const grade = (stdin: string, ...args: readonly string[]) =>
    sandbox.run([...emulator.args, ...flags, ...args], { env: emulator.env, stdin });
  return { sandbox, emulator, grade, probe: ["--probe", "probe.jsonl"] };
}

test("each run asks the probe anew, and the rest from the ledger; the output knows nothing of it", async () => {
  const { sandbox, grade, probe } = await setUp();
  // Two rows are those of the probe, too.
  const input = jsonl([...numbered(3), ...numbered(2, 100)]);
  const plain = await grade(input);
  for (const [run, billed] of [13, 21, 29].entries()) {
    const { status, stdout, stderr } = await grade(input, ...probe);
    expect(status).toBe(0);
    expect(stdout).toBe(plain.stdout);
    expect(new Bill(sandbox).lines).toHaveLength(billed);
    const { rows, requests, probe: found } = summaryIn(sandbox);
    expect(rows).toMatchObject({ read: 5, written: 5, answered: 5 });
    expect(requests).toMatchObject({ asked: 8, reused: 5 });
    expect(found).toMatchObject({ file: "probe.jsonl", rows: 8, answered: 8, failed: 0, field: "score" });
    if (run === 0) {
      expect(found).toMatchObject({ previous: null, compared: 0, kappa: null, mean_shift: null });
      expect(stderr).toContain("asked for the first time");
    } else {
      const same = { previous: { run: run + 1 }, compared: 8, changed: 0, mean_shift: 0, kappa: { value: 1 } };
      expect(found).toMatchObject(same);
      expect(stderr).toContain("0 of 8 answers changed (0.0 %), score by +0.000 on average, kappa 1.000");
    }
  }
});

test.each(["batch", "live"])("%s: another model is a change, counted by hand", async (mode) => {
  const { sandbox, grade, probe } = await setUp();
  const scores = async (model: string) => {
    const { stdout } = await grade(sandbox.read("probe.jsonl"), "--model", model, "--state-dir", "other");
    return rowsOf(stdout).map((row) => (row.grade as { score: number }).score);
  };
  const [before, now] = [await scores("gpt-4.1-mini"), await scores("gpt-4.1")];
  await grade(jsonl(numbered(1)), ...probe, "--mode", mode, "--order", "completion");
  await grade(jsonl(numbered(1)), ...probe, "--mode", mode, "--order", "completion", "--model", "gpt-4.1");
  const { probe: found } = summaryIn(sandbox);
  expect(found?.changed).toBe(before.filter((score, index) => score !== now[index]).length);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(found?.mean_shift).toBeCloseTo((sum(now) - sum(before)) / 8, 12);
  expect(found?.previous?.asked).toBe("gpt-4.1-mini");
});

test("a probe may grow, and rows of it may fail: what both runs answered is compared", async () => {
  const { sandbox, grade, probe } = await setUp();
  await grade(jsonl(numbered(1)), ...probe);
  const grown = `${jsonl([...numbered(6, 102), { response: "[[emulator:refuse]]" }])}{bad\n`;
  sandbox.write("probe.jsonl", grown);
  const { status, stdout } = await grade(jsonl(numbered(1)), ...probe);
  expect(status).toBe(0);
  expect(codesOf(stdout)).toEqual([null]);
  expect(summaryIn(sandbox).probe).toMatchObject({ rows: 8, answered: 6, failed: 2, compared: 6, changed: 0 });
});

test("judges answer it as they do the rows, and are counted for those alone", async () => {
  const { sandbox, grade, probe } = await setUp();
  const judges = ["--judge", "gpt-4.1-mini,gpt-4.1", "--samples", "2"];
  expect((await grade("id,response\n1,one\n", ...judges, ...probe, "--output-format", "csv")).status).toBe(0);
  expect(new Bill(sandbox).lines).toHaveLength(36);
  expect(summaryIn(sandbox)).toMatchObject({
    judging: { judges: [{ answered: 2 }, { answered: 2 }] },
    probe: { answered: 8 },
  });
});

test("a dry run counts its requests; a probe that is not there is said", async () => {
  const { sandbox, emulator, grade, probe } = await setUp();
  expect((await grade(jsonl(numbered(2)), ...probe, "--dry-run")).status).toBe(0);
  expect(summaryIn(sandbox)).toMatchObject({ requests: { asked: 10 }, probe: null });
  expect(await emulator.posts()).toBe(0);
  const { status, stderr } = await grade(jsonl(numbered(2)), "--probe", "nowhere.jsonl");
  expect([status, stderr.includes("nowhere.jsonl")]).toEqual([66, true]);
});

test("answers to another schema are other answers", async () => {
  const { sandbox, grade, probe } = await setUp();
  await grade(jsonl(numbered(1)), ...probe);
  sandbox.write("schema.json", SCHEMA.replaceAll("score", "points"));
  await grade(jsonl(numbered(1)), ...probe);
  expect(summaryIn(sandbox).probe).toMatchObject({ compared: 8, changed: 8 });
});

test("a run in which the whole probe failed hides none that was before it", async () => {
  const { sandbox, grade, probe } = await setUp();
  await grade(jsonl(numbered(1)), ...probe);
  const rows = sandbox.read("probe.jsonl");
  sandbox.write("probe.jsonl", jsonl([{ response: "[[emulator:refuse]]" }]));
  await grade(jsonl(numbered(1)), ...probe);
  expect(summaryIn(sandbox).probe).toMatchObject({ answered: 0, failed: 1, previous: { run: 1 }, compared: 0 });
  sandbox.write("probe.jsonl", rows);
  await grade(jsonl(numbered(1)), ...probe);
  expect(summaryIn(sandbox).probe).toMatchObject({ previous: { run: 1 }, compared: 8, changed: 0 });
});

test("a row of the probe that cannot be asked halts nothing", async () => {
  const { sandbox, grade, probe } = await setUp();
  sandbox.write("probe.jsonl", '{"other":1}\n[\n{"response":"x"}\n');
  const { status, stdout } = await grade(jsonl(numbered(2)), ...probe, "--on-error", "halt");
  expect([status, rowsOf(stdout).length]).toEqual([0, 2]);
  expect(summaryIn(sandbox).probe).toMatchObject({ rows: 3, answered: 1, failed: 2 });
});
