import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { REPOSITORY } from "../run-program.ts";
import { jsonl, rowsOf, Sandbox, startExternal } from "./support.ts";

const ADAPTER = pathToFileURL(join(REPOSITORY, "src/providers/openai-compatible/adapter.ts")).href;
const TOKENIZERS = `
const words = { encoding: "words", count: (text) => text.split(" ").filter((word) => word !== "").length };
export default { name: "wordy", tokenizers: { words: async () => words } };
`;
const providerOf = (url: string) => `
import { OpenAiCompatibleProvider } from "${ADAPTER}";
const dialect = {
  name: "vendor", identity: "vendor", baseUrl: "${url}", takesExpiry: false,
  limits: { requestsPerBatch: 2, bytesPerBatch: 1_000_000 },
  poll: { firstMs: 50, maxMs: 1_000, createTimeoutMs: 2_000, listLagMs: 2_500 },
};
export default {
  name: "vendors",
  providers: { vendor: async () => (settings) => new OpenAiCompatibleProvider(dialect, settings) },
};
`;
const ROWS = jsonl([1, 2, 3].map((n) => ({ n, response: `text number ${n}` })));

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write("rows.jsonl", ROWS);
});

describe("a provider of a plug-in", () => {
  const config = "plugins: [./vendor.mjs]\nmodel: gpt-4.1-mini\nprovider: vendor\n";

  test("is asked by grade, within its own limits, and again not at all", async () => {
    const external = await startExternal(sandbox);
    sandbox.write("own/vendor.mjs", providerOf(external.args[2] ?? ""));
    sandbox.write("own/config.yaml", config);
    const args = ["grade", "rows.jsonl", "--config", "own/config.yaml", "--summary", "sum.json"];
    const run = await sandbox.run(args, { env: external.env });
    expect([run.status, rowsOf(run.stdout).length]).toEqual([0, 3]);
    expect(JSON.parse(sandbox.read("sum.json"))).toMatchObject({ provider: "vendor", batches_submitted: 2 });
    const again = await sandbox.run(args, { env: external.env });
    expect(again.stdout).toBe(run.stdout);
    expect(await external.billing()).toMatchObject({ requests: 3 });
  });

  test("is asked by a pipeline that brings it", async () => {
    const external = await startExternal(sandbox);
    sandbox.write("flow/vendor.mjs", providerOf(external.args[2] ?? ""));
    const options = "options: { provider: vendor, model: gpt-4.1-mini }";
    sandbox.write("flow/flow.yaml", `plugins: [./vendor.mjs]\n${options}\nsteps: [{ grade: {} }]\n`);
    const run = await sandbox.run(["run", "flow/flow.yaml", "rows.jsonl"], { env: external.env });
    expect([run.status, rowsOf(run.stdout).length]).toEqual([0, 3]);
    expect(await external.billing()).toMatchObject({ requests: 3 });
  });

  test("is known to what asks nothing: count, build, split and a dry run", async () => {
    sandbox.write("own/vendor.mjs", providerOf("http://127.0.0.1:9"));
    sandbox.write("own/config.yaml", config);
    const own = ["--config", "own/config.yaml"];
    for (const command of ["count", "build", "split", "grade"]) {
      const extra =
        { count: ["--json"], build: [], split: ["--chunk-tokens", "10"], grade: ["--dry-run"] }[command] ?? [];
      const run = await sandbox.run([command, "rows.jsonl", ...own, ...extra]);
      expect([command, run.status, run.stderr]).toEqual([command, 0, expect.not.stringContaining("Error")]);
      if (command === "count") expect(JSON.parse(run.stdout).total).toMatchObject({ rows: 3, chunks: 2 });
    }
  });
});

describe("a tokenizer of a plug-in", () => {
  test.each(["0", "2"])("counts, on %s workers", async (workers) => {
    sandbox.write("own/words.mjs", TOKENIZERS);
    sandbox.write("own/config.yaml", "plugins: [./words.mjs]\n");
    const args = [
      "count",
      "rows.jsonl",
      "--model",
      "nobodys",
      "--config",
      "own/config.yaml",
      "--encoding",
      "words",
      "--json",
    ];
    const run = await sandbox.run([...args, "--user", "{{ response }}", "--workers", workers]);
    expect([run.status, run.stderr]).toEqual([0, ""]);
    const { encoding, total } = JSON.parse(run.stdout);
    expect([encoding, total.tokens.total]).toEqual(["words", 30]);
  });

  test("estimates what a pipeline asks that brings it", async () => {
    sandbox.write("flow/words.mjs", TOKENIZERS);
    const ask = "steps: [{ ask: { user: '{{ response }}', encoding: words, model: nobodys } }]";
    sandbox.write("flow/flow.yaml", `plugins: [./words.mjs]\noptions: { provider: emulator }\n${ask}\n`);
    const run = await sandbox.run(["run", "flow/flow.yaml", "rows.jsonl", "--summary", "sum.json"]);
    expect(run.status).toBe(0);
    // Three words, one of the role, and 3 + 3 of the format, in each of three.
    expect(JSON.parse(sandbox.read("sum.json")).tokens.estimated_input).toBe(30);
  });
});

test("a plug-in that the configuration and the pipeline name is loaded once", async () => {
  sandbox.write("own/words.mjs", TOKENIZERS);
  sandbox.write("own/config.yaml", "plugins: [./words.mjs]\n");
  sandbox.write("flow/flow.yaml", "plugins: [../own/words.mjs]\nsteps: [{ filter: n > 1 }]\n");
  const run = await sandbox.run(["run", "flow/flow.yaml", "rows.jsonl", "--config", "own/config.yaml"]);
  expect([run.status, rowsOf(run.stdout).length]).toEqual([0, 2]);
});
