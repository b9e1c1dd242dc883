import { describe, expect, test } from "vitest";
import { jsonl, linesOf, rowsOf, Sandbox, startExternal } from "./support.ts";

const TWO_STEPS = `
options: { provider: emulator }
steps:
  - ask: { output-field: first, user: "Say something about {{ text }}" }
  - filter: n != 3
  - use: ./stage.ts
  - ask: { output-field: second, user: "And about {{ first }}" }
`;
const STAGE = `
export default async (row, { options, file, line }) => {
  if (row.n === 1) throw new Error("one is none");
  if (row.n === 2) return null;
  if (row.n === 4) return [row, { ...row, twin: true }];
  return row;
};
`;
const ROWS = [
  '{"n":0,"text":"zero","x":1.0,"big":12345678901234567890}',
  '{"n":1,"text":"one"}',
  '{"n":2,"text":"two"}',
  '{"n":3,"text":"three"}',
  '{"n":4,"text":"four"}',
  "{not json}",
  '{"n":6,"text":"[[emulator:refuse]]"}',
];

function sandboxWith(pipeline: string): Sandbox {
  const sandbox = new Sandbox();
  sandbox.write("flow/pipeline.yaml", pipeline);
  sandbox.write("flow/stage.ts", STAGE);
  sandbox.write("rows.jsonl", `${ROWS.join("\n")}\n`);
  return sandbox;
}

describe("bg-pipe run", () => {
  test("the answers of each asking step are counted by themselves", async () => {
    const field = (name: string) => `{ type: object, required: [${name}], properties: { ${name}: { type: boolean } } }`;
    const ask = (name: string) =>
      `  - ask: { output-field: ${name}, prompt: { user: "{{ text }}", schema: ${field(`is_${name}`)} } }\n`;
    const sandbox = sandboxWith(`options: { provider: emulator }\nsteps:\n${ask("first")}${ask("second")}`);
    await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl", "--summary", "summary.json"]);
    const answers = 5;
    const counted = (name: string) => expect.objectContaining({ field: `${name}.is_${name}`, answers, absent: 0 });
    const scores = [counted("first"), counted("second")];
    expect(JSON.parse(sandbox.read("summary.json")).scores).toEqual(expect.arrayContaining(scores));
    for (const [index, one] of scores.entries()) {
      const { stdout } = await sandbox.run(["report", `${index + 1}`, "--json"]);
      expect(JSON.parse(stdout).scores).toEqual([one]);
    }
  });

  test("one asking step gives the bytes of grade", async () => {
    const sandbox = sandboxWith("options: { provider: emulator }\nsteps:\n  - grade: { field: text }\n");
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl"]);
    const graded = await sandbox.grade(["rows.jsonl", "--field", "text", "--state-dir", "state/other"]);
    expect(run.stdout).toBe(graded.stdout);
    expect([run.status, graded.status]).toEqual([1, 1]);
  });

  test("every row is in the output, dropped, or told of; what is not changed is spelled as it was", async () => {
    const sandbox = sandboxWith(TWO_STEPS);
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "--summary", "sum.json"], {
      stdin: sandbox.read("rows.jsonl"),
    });
    expect(run.status).toBe(1);
    const [zero, one, four, twin, bad, refused, ...none] = rowsOf(run.stdout);
    expect(none).toEqual([]);
    expect(linesOf(run.stdout)[0]).toContain('{"n":0,"text":"zero","x":1.0,"big":12345678901234567890,"first":"');
    expect(zero?.["second"]).toEqual(expect.any(String));
    expect(one).toMatchObject({
      error: { code: "stage_failed", message: "-:2: step 3 (use): one is none" },
      second: null,
    });
    expect([four?.["twin"], twin?.["twin"]]).toEqual([undefined, true]);
    expect(bad).toMatchObject({ first: null, first_error: { code: "bad_input", raw: "{not json}" }, second: null });
    expect(refused).toMatchObject({ first: null, first_error: { code: "refused" }, second_error: { code: "refused" } });
    const { rows, steps } = JSON.parse(sandbox.read("sum.json"));
    expect(rows).toMatchObject({ read: 7, written: 6, failed: 3 });
    expect(steps).toMatchObject([
      { in: 7, out: 7, failed: 2 },
      { in: 7, out: 6, dropped: 1 },
      { in: 6, out: 6, dropped: 1, added: 1, failed: 3 },
      { in: 6, out: 6, failed: 3 },
    ]);
  });

  test("the same again asks nothing, and each step has a run of its own in the ledger", async () => {
    const sandbox = sandboxWith(TWO_STEPS);
    const first = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl"]);
    const again = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl", "--summary", "sum.json"]);
    expect(again.stdout).toBe(first.stdout);
    const { requests, steps } = JSON.parse(sandbox.read("sum.json"));
    expect(requests).toMatchObject({ asked: 0 });
    expect(new Set(steps.flatMap(({ run }: { run: number | null }) => run ?? [])).size).toBe(2);
  });

  test("a step that is left with work in flight ends with 75; the next run goes on, and nothing is billed twice", async () => {
    const sandbox = sandboxWith(TWO_STEPS.replace("options: { provider: emulator }", ""));
    const external = await startExternal(sandbox, { batchSeconds: 1 });
    const args = ["run", "flow/pipeline.yaml", "rows.jsonl", ...external.args.slice(1)];
    const left = await sandbox.run([...args, "--detach"], { env: external.env });
    expect(left.status).toBe(75);
    const rest = await sandbox.run(args, { env: external.env });
    expect(rest.status).toBe(1);
    expect(rowsOf(rest.stdout)).toHaveLength(6);
    // Six rows are asked about in the first step, and two in the second, one of them with its twin.
    expect(await external.billing()).toMatchObject({ requests: 8, distinct: 8 });
  });

  test("failed rows go into the branch for them, through steps of its own", async () => {
    const branch = "errors:\n  steps:\n    - filter: error != null\n    - set: { n: lost }\n  output: failed.jsonl\n";
    const sandbox = sandboxWith(TWO_STEPS + branch);
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl", "--on-error", "skip", "-o", "out.jsonl"]);
    expect(run.status).toBe(1);
    expect(rowsOf(sandbox.read("out.jsonl")).map(({ n }) => n)).toEqual([0, 4, 4]);
    expect(rowsOf(sandbox.read("flow/failed.jsonl"))).toMatchObject([{ n: "lost", error: { code: "stage_failed" } }]);
  });

  test("as a table: a column for every answer, whatever becomes of the rows", async () => {
    const sandbox = sandboxWith(
      "options: { provider: emulator }\nsteps:\n  - grade: { field: t }\n  - select: [grade, id]\n",
    );
    sandbox.write("in.csv", "id,t\n1,one\n007,[[emulator:refuse]]\n");
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "in.csv"]);
    const [header, first, second] = linesOf(run.stdout);
    const columns = "id,grade.reasoning,grade.score,grade_error.code,grade_error.message,error.code,error.message";
    expect(header).toBe(columns);
    expect(first).toMatch(/^1,[^,]+,\d,,,,$/);
    expect(second).toMatch(/^007,,,refused,/);
    sandbox.write("none.csv", "id,t\n");
    expect((await sandbox.run(["run", "flow/pipeline.yaml", "none.csv"])).stdout).toBe(`${columns}\n`);
  });

  test("flags win over the file, the file over the project's file; variables over their defaults", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
    const asking = "  - ask: { user: '{{ text }}', output-field: '${{ vars.name }}', model: gpt-4.1-mini }\n";
    const sandbox = sandboxWith(`vars: { name: said }\noptions: { provider: emulator }\nsteps:\n${asking}`);
    sandbox.write("bg-pipe.yaml", "model: gpt-5-mini\noutput-field: other\nmeta: true\n");
    const models = async (...args: string[]) => {
      const { stdout } = await sandbox.run(["run", "flow/pipeline.yaml", ...args], { stdin: '{"text":"t"}\n' });
      return rowsOf(stdout).flatMap((row) =>
        Object.entries(row)
          .slice(1)
          .map(([name, value]) => [name, Object(value).model]),
      );
    };
    expect(await models()).toEqual([
      ["said", undefined],
      ["said_meta", "gpt-4.1-mini"],
    ]);
    expect(await models("--model", "gpt-4o-mini", "--set", "name=it")).toEqual([
      ["it", undefined],
      ["it_meta", "gpt-4o-mini"],
    ]);
    const wrong = await sandbox.run(["run", "flow/pipeline.yaml", "--set", "nmae=it"], { stdin: "{}\n" });
    expect([wrong.status, wrong.stderr]).toEqual([64, expect.stringContaining('Did you mean "name"?')]);
  });

  test("the file's ends win over the project's file, and flags over both", async () => {
    const sandbox = sandboxWith("output: { file: ../own.csv, format: csv }\nsteps: [{ select: [n] }]\n");
    sandbox.write("bg-pipe.yaml", "output: project.jsonl\noutput-format: json\ninput-format: jsonl\n");
    expect((await sandbox.run(["run", "flow/pipeline.yaml"], { stdin: '{"n":1}\n' })).status).toBe(0);
    expect(sandbox.read("own.csv")).toBe("n,error.code,error.message\n1,,\n");
    const flagged = await sandbox.run(["run", "flow/pipeline.yaml", "-o", "other.jsonl"], { stdin: '{"n":1}\n' });
    expect([flagged.status, sandbox.read("other.jsonl")]).toEqual([0, '{"n":1}\n']);
    expect(sandbox.files()).not.toContain("project.jsonl");
  });

  test("a dry run says what would be done, and asks nothing", async () => {
    const sandbox = sandboxWith(TWO_STEPS);
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl", "--dry-run"]);
    expect([run.status, run.stdout]).toEqual([0, ""]);
    expect(run.stderr).toContain("step 1 (ask): asks gpt-4.1-mini at emulator");
    expect(run.stderr).toContain("7 rows read; 6 requests to ask");
    expect(run.stderr).toContain("          1 chunk, ");
    expect(run.stderr).toContain("step 2 (filter): keeps the rows of which n != 3");
    expect(run.stderr).toContain("estimate  of the first step that asks alone");
  });

  test("joined by a shell's pipe", async () => {
    const sandbox = sandboxWith("options: { provider: emulator }\nsteps:\n  - ask: { user: '{{ grade.score }}' }\n");
    const line = "bg-pipe grade --provider emulator --field text | bg-pipe run flow/pipeline.yaml > out.jsonl";
    const run = await sandbox.shell(line, { stdin: jsonl([{ text: "one" }, { text: "two" }]) });
    expect(run.status).toBe(0);
    expect(rowsOf(sandbox.read("out.jsonl"))).toMatchObject(
      [{ text: "one", answer: /./ }, { text: "two" }].map(({ text }) => ({ text, answer: expect.any(String) })),
    );
  });

  test("a halt ends it at the first failed row", async () => {
    const sandbox = sandboxWith("steps: [{ use: ./stage.ts }]\n");
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl", "--on-error", "halt", "-o", "out.jsonl"]);
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining("rows.jsonl:2: step 1 (use): one is none")]);
    expect(sandbox.files()).not.toContain("out.jsonl");
  });
});

describe("bg-pipe test", () => {
  test("says how rows differ, and leaves nothing behind", async () => {
    const tests = [
      "tests:",
      "  - { name: right, in: [{ n: 5 }, { n: 2 }], out: [{ n: 5, six: 6 }] }",
      "  - { name: wrong, in: [{ n: 5 }], out: [{ n: 7, six: '*' }, { n: 8 }] }",
      "  - { name: rescued, in: [{ n: 1 }], out: [{}], errors: [{ error: { code: stage_failed } }] }",
    ];
    const sandbox = sandboxWith(`steps:\n  - use: ./stage.ts\n  - set: { six: 6 }\n${tests.join("\n")}\n`);
    const run = await sandbox.run(["test", "flow/pipeline.yaml"]);
    expect(run.status).toBe(1);
    expect(run.stdout.split("\n").map((line) => line.trim())).toEqual([
      "ok      pipeline: right",
      "failed  pipeline: wrong",
      "row: expected 2, got 1",
      "row 1: n: expected 7, got 5",
      'row 2: missing: {"n":8}',
      "ok      pipeline: rescued",
      "",
    ]);
    expect(sandbox.files().sort()).toEqual(["flow", "rows.jsonl"]);
  });

  test("what comes with bg-pipe passes its own", async () => {
    const names = ["grade", "classify", "extract", "translate", "embed", "pairwise"];
    const run = await new Sandbox().run(["test", ...names]);
    expect([run.status, run.stderr]).toEqual([0, ""]);
    for (const name of names) expect(run.stdout).toContain(`ok      ${name}: `);
  });
});

const PLUGIN = `
const encoder = { start: () => "", end: () => "", encode: (rows) => rows.map(({ row }) => JSON.parse(row.text).text + "\\n").join("") };
async function* decode(source, { file }) {
  const lines = Buffer.concat(await Array.fromAsync(source)).toString().split("\\n").filter(Boolean);
  yield lines.map((text, index) => ({ kind: "row", position: { file, line: index + 1, byteOffset: 0 }, text: JSON.stringify({ text }), fields: { text } }));
}
const lines = { name: "lines", extensions: ["lines"], isTable: false, layout: "lines", decode, createEncoder: () => encoder };
export default {
  name: "plain",
  formats: { lines: async () => lines },
  stages: { shout: async () => (row, { options }) => ({ ...row, text: row.text.toUpperCase() + options.mark }) },
};
`;

describe("plug-ins", () => {
  test("bring formats and steps, where a pipeline or a configuration names them", async () => {
    const sandbox = sandboxWith("plugins: [./plug.ts]\nsteps:\n  - shout: { mark: '!' }\n");
    sandbox.write("flow/plug.ts", PLUGIN);
    sandbox.write("in.lines", "one\ntwo\n");
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "in.lines"]);
    expect([run.status, run.stdout]).toEqual([0, "ONE!\nTWO!\n"]);
    sandbox.write("flow/config.yaml", "plugins: [./plug.ts]\n");
    const args = ["convert", "--input-format", "lines", "--output-format", "jsonl", "--config", "flow/config.yaml"];
    const converted = await sandbox.run(args, { stdin: "three\n" });
    expect(rowsOf(converted.stdout)).toEqual([{ text: "three" }]);
  });

  test.each([
    ["of modules alone", { name: "stages", exports: { ".": { import: "./index.mjs" } } }],
    ["of any kind", { name: "stages", main: "./index.mjs" }],
  ])("a package %s, installed beside the pipeline", async (_, manifest) => {
    const sandbox = sandboxWith("steps: [{ use: stages }]\n");
    sandbox.write("flow/node_modules/stages/package.json", JSON.stringify(manifest));
    sandbox.write("flow/node_modules/stages/index.mjs", "export default (row) => ({ n: row.n + 1 });");
    const run = await sandbox.run(["run", "flow/pipeline.yaml"], { stdin: '{"n":1}\n' });
    expect([run.status, run.stdout]).toEqual([0, '{"n":2}\n']);
  });

  test("are not loaded from a file that merely lies there", async () => {
    const sandbox = sandboxWith("steps: [{ filter: a }]\n");
    sandbox.write(
      "plug.mjs",
      "import { writeFileSync } from 'node:fs'; writeFileSync('ran', ''); export default { name: 'x' };",
    );
    sandbox.write("bg-pipe.yaml", "plugins: [./plug.mjs]\n");
    const run = await sandbox.run(["run", "flow/pipeline.yaml", "rows.jsonl"]);
    expect([run.status, run.stderr]).toEqual([78, expect.stringContaining("--config bg-pipe.yaml")]);
    expect(sandbox.files()).not.toContain("ran");
  });

  test.each([
    ["export default 5;", "the plug-in ./plug.mjs is none"],
    ["throw new Error('it broke');", "the plug-in ./plug.mjs cannot be loaded: it broke"],
    [
      "export default { name: 'x', formats: { csv: async () => ({}) } };",
      'the plug-in x (./plug.mjs): there is a format "csv" already',
    ],
    ["export default { name: 'x', format: {} };", "the plug-in ./plug.mjs is none"],
  ])("%s: names the plug-in", async (code, message) => {
    const sandbox = sandboxWith("plugins: [./plug.mjs]\nsteps: [{ filter: a }]\n");
    sandbox.write("flow/plug.mjs", code);
    const run = await sandbox.run(["config", "check", "flow/pipeline.yaml"]);
    expect([run.status, run.stderr]).toEqual([78, expect.stringContaining(message)]);
  });
});

describe("bg-pipe config check", () => {
  test.each([
    ["stepz: []\nsteps: [{ filter: a }]\n", '1:1: unknown key "stepz"', 'Did you mean "steps"?'],
    ["steps:\n  - filtr: a\n", '2:5: unknown key "filtr"', 'Did you mean "filter"?'],
    ["steps:\n  - filter: a >\n", "2:16: filter: it ends where", "Write it like"],
    ["steps:\n  - grade: { modle: x }\n", '2:14: unknown key "modle"', 'Did you mean "model"?'],
    ["steps:\n  - grade: { api-key: sk-abc }\n", "2:23: api-key has to be { file: PATH }", ""],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
    ["vars: { a: 1 }\nsteps:\n  - set: { b: '${{ vars.aa }}' }\n", '3:15: there is no variable "aa"', "Did you mean"],
    ["steps:\n  - use: ./nope.ts\n", "2:10: the stage ./nope.ts cannot be loaded", "A path counts from"],
    ["steps:\n  - grade: { prompt: { usr: x } }\n", '2:24: unknown key "usr"', 'Did you mean "user"?'],
    ["steps:\n  - ask: { model: gpt-5-mini }\n", "2:5: ask has no question", "Say what is asked"],
    ["step:\n  - filter: a\n", '1:1: unknown key "step"', 'Did you mean "steps"?'],
    ["steps:\n  - filter: a\nerrors: { ouput: x }\n", '3:11: unknown key "ouput"', 'Did you mean "output"?'],
    ["steps:\n  - filter: a\ntests:\n  - inn: []\n", '4:5: unknown key "inn"', 'Did you mean "in"?'],
    ["steps:\n  - select: a\n", "2:13: select: has to be a list", ""],
    ["plugins: [./none.mjs]\nsteps:\n  - filter: a\n", "1:11: the plug-in ./none.mjs cannot be loaded", ""],
    ["modle: x\n", '1:1: unknown key "modle"', "Did you mean model?"],
  ])("%j", async (text, message, hint) => {
    const sandbox = new Sandbox();
    const run = await sandbox.run(["config", "check", sandbox.write("file.yaml", text)]);
    expect([run.status, run.stderr]).toEqual([78, expect.stringContaining(`file.yaml:${message}`)]);
    expect(run.stderr).toContain(hint);
    expect(run.stderr).not.toContain("sk-abc");
    expect(run.stderr).not.toContain("load-module");
  });
});
