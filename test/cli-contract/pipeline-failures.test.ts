import { expect, test } from "vitest";
import { linesOf, Sandbox } from "./support.ts";

const ASK = "- ask: { user: '{{ text }}', model: gpt-5-mini }";

function sandboxWith(pipeline: string, rows = ['{"text":"a"}', '{"n":2}']): Sandbox {
  const sandbox = new Sandbox();
  sandbox.write("flow.yaml", pipeline);
  sandbox.write("rows.jsonl", `${rows.join("\n")}\n`);
  return sandbox;
}

test("a branch that cannot be written ends the run by its own error", async () => {
  const sandbox = sandboxWith("steps: [{ set: { six: 6 } }]\nerrors: { output: nowhere/failed.jsonl }\n");
  const run = await sandbox.run(["run", "flow.yaml", "rows.jsonl", "-o", "out.jsonl"]);
  expect([run.status, run.stderr]).toEqual([73, expect.stringContaining("bg-pipe: cannot create nowhere/failed")]);
  expect(run.stderr).not.toContain("    at ");
  expect(sandbox.files()).not.toContain("out.jsonl");
});

test.each([
  ["a step that asks nothing", "steps: [{ set: { b: '{{ text }}' } }]", "rows.jsonl:2"],
  ["a step that asks", `steps: [${ASK.slice(2)}]`, "rows.jsonl:2"],
])("--halt-on ends the run at %s", async (_, steps, place) => {
  const sandbox = sandboxWith(`options: { provider: emulator, halt-on: [missing_field] }\n${steps}\n`);
  const run = await sandbox.run(["run", "flow.yaml", "rows.jsonl", "-o", "out.jsonl"]);
  expect([run.status, run.stderr]).toEqual([1, expect.stringContaining(place)]);
  expect(sandbox.files()).not.toContain("out.jsonl");
});

test("what one step costs is not given for the whole where another has no price", async () => {
  const nobodys = "- ask: { user: '{{ text }}', model: nobodys, encoding: o200k_base, output-field: other }";
  for (const steps of [`${ASK}\n  ${nobodys}`, `${nobodys}\n  ${ASK}`]) {
    const sandbox = sandboxWith(`options: { provider: emulator, mode: live }\nsteps:\n  ${steps}\n`);
    await sandbox.run(["run", "flow.yaml", "rows.jsonl", "--summary", "sum.json"]);
    const { cost } = JSON.parse(sandbox.read("sum.json"));
    expect(cost).toEqual({ estimated_usd: null, billed_usd: null, saved_usd: null });
  }
});

test("a table is written also where the first ten thousand rows fail", async () => {
  const rows = Array.from({ length: 10_300 }, (_, n) => `${n},t`);
  const sandbox = sandboxWith(`options: { provider: emulator }\nsteps:\n  ${ASK}\n  - set: { six: 6 }\n`);
  sandbox.write("in.csv", `n,text\n${rows.join("\n")}\n`);
  const run = await sandbox.run(["run", "flow.yaml", "in.csv", "-o", "out.csv", "--token-limit", "1"]);
  expect(run.status).toBe(76);
  const [header, ...others] = linesOf(sandbox.read("out.csv"));
  expect([header, others.length]).toEqual([
    "n,text,six,answer,answer_error.code,answer_error.message,error.code,error.message",
    10_300,
  ]);
});

test("two answers in one field are refused before either is asked", async () => {
  const flow = (between: string) => `options: { provider: emulator }\nsteps:\n  ${ASK}\n${between}  ${ASK}\n`;
  const sandbox = sandboxWith(flow(""));
  const run = await sandbox.run(["run", "flow.yaml", "rows.jsonl"]);
  expect([run.status, run.stderr]).toEqual([64, expect.stringContaining("step 2 (ask) would put its answer into")]);
  expect(run.stderr).not.toContain("batch submitted");
  sandbox.write("flow.yaml", flow("  - rename: { answer: first }\n"));
  const renamed = await sandbox.run(["run", "flow.yaml"], { stdin: '{"text":"a"}\n' });
  expect([renamed.status, linesOf(renamed.stdout).length]).toEqual([0, 1]);
});

test("what the ledger keeps of a step is the step's own; what is not known of it alone, it has not", async () => {
  const rows = Array.from({ length: 2_000 }, (_, n) => `{"text":"${n % 10 === 0 ? "[[emulator:refuse]]" : n % 5}"}`);
  const report = async (steps: string) => {
    const sandbox = sandboxWith(`options: { provider: emulator, mode: live }\nsteps:\n  ${steps}\n`, rows);
    expect((await sandbox.run(["run", "flow.yaml", "rows.jsonl", "-o", "out.jsonl"])).status).toBe(1);
    return JSON.parse((await sandbox.run(["report", "1", "--json"])).stdout);
  };
  const own = { read: 2_000, written: 2_000, answered: 1_800, failed: 200, failed_by_code: { refused: 200 } };
  expect((await report(ASK)).rows).toMatchObject(own);
  const other = "- ask: { user: 'And {{ answer }}', model: gpt-5-mini, output-field: other }";
  expect(await report(`${ASK}\n  ${other}`)).toMatchObject({ rows: own, run: { saved_usd: null } });
});
