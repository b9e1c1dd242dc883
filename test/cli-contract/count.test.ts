import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { jsonl, numbered, type Result, Sandbox, STACK } from "./support.ts";

const MODEL = ["--model", "gpt-4.1-mini"] as const;
/** The field's own text, and 3 + 1 + 3 tokens for one user message. */
const PLAIN = [...MODEL, "--user", "{{ text }}"] as const;
const TEN = jsonl(numbered(10));

function parse({ stdout }: Result) {
  return JSON.parse(stdout);
}

describe("count --json", () => {
  test("has exactly these fields", async () => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", TEN);
    const run = await sandbox.run(["count", "rows.jsonl", ...PLAIN, "--json", "--max-output-tokens", "100"]);
    const tokens = { total: 110, mean: 11, min: 11, max: 11, p50: 11, p95: 11, p99: 11 };
    const figures = { rows: 10, bad_rows: 0, bytes: TEN.length, tokens, chunks: 1, over_context: 0 };
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(parse(run)).toEqual({
      model: "gpt-4.1-mini",
      encoding: "o200k_base",
      files: [{ path: "rows.jsonl", ...figures }],
      total: figures,
      estimate: { batch_usd: 0.000822, live_usd: 0.001644, expected_output_tokens: 100 },
      tokens_of_schema: 0,
      overhead_tokens: null,
    });
  });

  test("has null for what is not known", async () => {
    const run = await new Sandbox().run(["count", "--encoding", "cl100k_base", "--json"], { stdin: "" });
    expect(parse(run)).toMatchObject({
      model: null,
      estimate: { batch_usd: null, live_usd: null, expected_output_tokens: null },
      files: [{ path: "-", rows: 0, tokens: { total: 0, mean: null, p99: null } }],
    });
  });

  test("takes prices of the configuration", async () => {
    const sandbox = new Sandbox();
    const price = "prices: { mine: { batch: { input: 1, cached_input: 1, output: 1 } } }\n";
    sandbox.write("bg-pipe.yaml", `${price}models: { mine: { encoding: o200k_base } }\n`);
    const run = await sandbox.run(["count", "--model", "mine", "--user", "{{ text }}", "--json"], { stdin: TEN });
    expect(parse(run).estimate).toEqual({ batch_usd: 0.00011, live_usd: null, expected_output_tokens: null });
  });
});

describe("count", () => {
  test("needs no key, makes no request, and leaves nothing behind", async () => {
    let connections = 0;
    const server = createServer(() => connections++).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const sandbox = new Sandbox();
    const run = await sandbox.run(["count", ...MODEL], {
      stdin: TEN,
      env: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    });
    expect(run.status).toBe(0);
    expect(connections).toBe(0);
    expect(sandbox.files()).toEqual([]);
    await expect(async () => sandbox.read("state/bg-pipe/ledger.sqlite")).rejects.toThrow();
  });

  test("takes patterns, compressed files, tables and stdin, and says what is what", async () => {
    const sandbox = new Sandbox();
    sandbox.write("data/a.jsonl", TEN);
    sandbox.write("data/b.jsonl.gz", gzipSync(TEN));
    sandbox.write(
      "c.csv",
      `response\n${numbered(10)
        .map(({ response }) => `${response}\n`)
        .join("")}`,
    );
    const run = await sandbox.run(["count", "data/*", "c.csv", "-", ...PLAIN, "--json"], { stdin: TEN });
    const { files, total } = parse(run);
    expect(files.map(({ path }: { path: string }) => path)).toEqual(["data/a.jsonl", "data/b.jsonl.gz", "c.csv", "-"]);
    for (const file of files) expect(file).toMatchObject({ rows: 10, bad_rows: 0, tokens: { total: 110 }, chunks: 1 });
    expect(total).toMatchObject({ rows: 40, tokens: { total: 440 }, chunks: 1 });
  });

  test("counts what it can, names what it cannot, and ends with 1", async () => {
    const stdin = `${jsonl([{ response: "fine" }, { text: "no such field" }])}nonsense\n`;
    const run = await new Sandbox().run(["count", ...PLAIN, "--json"], { stdin });
    expect(run.status).toBe(1);
    expect(parse(run).total).toMatchObject({ rows: 3, bad_rows: 2, tokens: { total: 8 } });
    expect(run.stderr).toContain("-:2: missing_field: ");
    expect(run.stderr).toContain("bad_input: -:3:1: not JSON");
    expect(run.stderr).toContain("2 of 3 rows cannot be asked: 1 missing_field, 1 bad_input");
  });

  test("names the first few bad rows, and the number of all", async () => {
    const run = await new Sandbox().run(["count", ...PLAIN], { stdin: "x\n".repeat(1_000) });
    expect(run).toMatchObject({ status: 1 });
    expect(run.stderr.split("\n")).toHaveLength(7);
    expect(run.stderr).toContain("1000 of 1000 rows cannot be asked: 1000 bad_input");
  });

  test("says the same with any number of threads", async () => {
    const sandbox = new Sandbox();
    const rows = numbered(30_000);
    sandbox.write("rows.jsonl", `${jsonl(rows)}nonsense\n${jsonl(rows)}`);
    const args = ["count", "rows.jsonl", ...PLAIN, "--chunk-rows", "7"];
    const [none, two] = await Promise.all(["0", "2"].map((workers) => sandbox.run([...args, "--workers", workers])));
    expect(none).toMatchObject({ status: 1, stdout: expect.stringContaining("60,001") });
    expect(two).toEqual(none);
  });

  test.each(["0", "2"])("with %s workers 45 MB pass through a heap of 30 MB", async (workers) => {
    const essay = "A row of the input is two kilobytes of prose that says nothing at all. ".repeat(32);
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, response: `${id}: ${essay}` }));
    const env = { NODE_OPTIONS: "--max-old-space-size=30" };
    const run = await new Sandbox().run(["count", ...PLAIN, "--workers", workers, "--json"], {
      stdin: jsonl(rows),
      env,
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(parse(run).total).toMatchObject({ rows: 20_000, bad_rows: 0 });
  });

  test("assumes the output that earlier runs have seen", async () => {
    const sandbox = new Sandbox();
    expect((await sandbox.grade(["-q"], { stdin: TEN })).status).toBe(0);
    const run = await sandbox.run(["count", "--provider", "emulator", "--json"], { stdin: TEN });
    expect(parse(run).estimate.expected_output_tokens).toBeGreaterThan(1);
    const other = await sandbox.run(["count", "--provider", "groq", ...MODEL, "--json"], { stdin: TEN });
    expect(parse(other).estimate.expected_output_tokens).toBeNull();
  });

  test("reads a pipe that can be read only once for all threads", async () => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", TEN);
    const schema = '{"type":"object","properties":{"score":{"type":"integer"}}}';
    const run = await sandbox.shell(
      `bg-pipe count rows.jsonl --model gpt-4.1-mini --workers 2 --json --schema <(echo '${schema}')`,
    );
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(parse(run).tokens_of_schema).toBeGreaterThan(5);
  });
});

describe("count ends with", () => {
  test.each([
    [64, [], "no model is given"],
    [64, [...MODEL, "--output", "x"], "count does not take the flag --output"],
    [64, [...MODEL, "--workers", "many"], "--workers"],
    [66, [...MODEL, "gone.jsonl"], "no such input: gone.jsonl"],
    [66, [...MODEL, "*.gone"], "no file matches *.gone"],
    [66, [...MODEL, "--schema", "gone.json"], "cannot read the schema file gone.json"],
    [65, [...MODEL, "--input-format", "csv"], "column"],
    [78, ["--model", "gpt-9000-mini"], 'unknown model "gpt-9000-mini"'],
    [78, [...MODEL, "--user", "{{ examples }}"], "needs examples"],
    [78, [...MODEL, "--user", "{{ examples }}", "--workers", "2"], "needs examples"],
    [78, [...MODEL, "--prompt", "unheard-of"], "unknown prompt"],
    [78, [...MODEL, "--param", "stream=true"], "stream"],
  ])("%d for %j", async (status, args, message) => {
    const run = await new Sandbox().run(["count", ...args], { stdin: args.includes("csv") ? "a,a\n" : TEN });
    expect(run).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(message) });
    expect(run.stderr).not.toMatch(STACK);
  });
});
