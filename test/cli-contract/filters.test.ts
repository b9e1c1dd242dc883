import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readPage } from "../docs/markdown.ts";
import { PageRun } from "../docs/page-run.ts";
import { jsonl, linesOf, numbered, Sandbox, startExternal } from "./support.ts";

/** Rows of every fate that needs no second process, and how each of them ends. */
const FATES = [
  '{"id":1.0,"response":"one","big":12345678901234567890}',
  '{ "response":"one", "id":"equal" }',
  "{not json}",
  '{"id":3}',
  '{"id":4,"response":"[[emulator:refuse]]"}',
  '{"id":5,"response":"[[emulator:status=400]]"}',
  '{"id":6,"response":"[[emulator:status=500,times=1]]"}',
  '{"id":7,"response":"[[emulator:invalid_answer]]"}',
  '{"id":8,"response":"[[emulator:invalid_answer,times=1]] ünïcode \\u00e9"}',
  '{"id":9,"response":"[[emulator:cut_off]]"}',
  '{"id":10,"response":"[[emulator:content_filter]]"}',
  '{"id":11,"response":"[[emulator:corrupt,times=1]]"}',
  '{"id":12,"response":"[[emulator:lose]]"}',
];
const READABLE = FATES.filter((row) => row !== "{not json}");
const PLAIN = ["--system", "Say something.", "--user", "{{ text }}", "--output-field", "said"];
const CSV = [
  "id,response,note",
  '1,one,"a, b"',
  '2,"two\nlines",x',
  "3,[[emulator:refuse]],",
  '4,"[[emulator:invalid_answer,times=2]]",y',
  "5,ragged",
  '007,"[[emulator:lose,times=1]]",z',
];
const SCHEMA = {
  type: "object",
  properties: { verdict: { type: "string", enum: ["good", "bad"] }, points: { type: "integer", maximum: 10 } },
};
const ON_EMULATOR = ["--provider", "emulator"];

interface Pipe {
  readonly input: string;
  readonly args?: readonly string[];
  readonly submitArgs?: readonly string[];
}

/** build | submit | merge, each in a process of its own, on a state of their own. */
async function pipe(sandbox: Sandbox, { input, args = [], submitArgs = [] }: Pipe): Promise<string> {
  const built = await sandbox.run(["build", input, ...ON_EMULATOR, ...args, "-q"]);
  const state = ["--state-dir", "state/filters"];
  const submitted = await sandbox.run(["submit", ...ON_EMULATOR, ...state, ...submitArgs], { stdin: built.stdout });
  sandbox.write("results.jsonl", submitted.stdout);
  expect(linesOf(submitted.stdout)).toHaveLength(linesOf(built.stdout).length);
  const merged = await sandbox.run(["merge", input, "--results", "results.jsonl", ...ON_EMULATOR, ...args]);
  return merged.stdout;
}

/** Batches have other names on another state. */
function withoutBatches(text: string): string {
  return text.replaceAll(/batch_[0-9a-f]+/g, "batch_x");
}

describe("build | submit | merge", () => {
  test.each([
    ["JSON Lines", "rows.jsonl", `${FATES.join("\n")}\n`, []],
    ["CSV", "rows.csv", `${CSV.join("\n")}\n`, []],
    ["JSON and a schema of one's own", "rows.json", `[\n${READABLE.join(",\n")}\n]`, ["--schema", "schema.json"]],
    ["plain text from another endpoint", "rows.csv", `${CSV.join("\n")}\n`, [...PLAIN, "--endpoint", "/v1/responses"]],
    ["embeddings", "rows.jsonl", `${FATES.slice(0, 4).join("\n")}\n`, ["--endpoint", "/v1/embeddings"]],
  ])("%s: gives the bytes of grade", async (_name, input, text, args) => {
    const sandbox = new Sandbox();
    sandbox.write(input, text);
    sandbox.write("schema.json", JSON.stringify(SCHEMA));
    const graded = await sandbox.grade([input, ...args]);
    expect(withoutBatches(await pipe(sandbox, { input, args }))).toBe(withoutBatches(graded.stdout));
    expect(graded.stdout.length).toBeGreaterThan(text.length);
  });

  test("--meta: says what grade says of the same answers", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", `${FATES.slice(0, 9).join("\n")}\n`);
    const built = await sandbox.run(["build", input, ...ON_EMULATOR]);
    const submitted = await sandbox.run(["submit", ...ON_EMULATOR, "--meta"], { stdin: built.stdout });
    const merge = ["merge", input, "--results", "-", ...ON_EMULATOR, "--meta"];
    const merged = await sandbox.run(merge, { stdin: submitted.stdout });
    expect(merged.stdout).toBe((await sandbox.grade([input, "--meta"])).stdout);
    expect(merged.stdout).toMatch(/"batch_id":"batch_\w+".*"attempts":2/);
  });

  test("what submit has asked, grade takes from the ledger, and the other way round", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", jsonl(numbered(30)));
    const external = await startExternal(sandbox);
    const at = external.args.slice(1);
    const { env } = external;
    const merging = ["--provider", "openai", ...at.slice(0, 4)];
    const built = await sandbox.run(["build", input, ...merging], { env });
    const submitted = await sandbox.run(["submit", "-", ...at.slice(0, 2), ...at.slice(4)], {
      env,
      stdin: built.stdout,
    });
    expect(submitted.status).toBe(0);
    const before = await external.calls();
    const graded = await sandbox.run([...external.args, input], { env });
    expect((await external.calls())["POST /v1/batches"]).toBe(before["POST /v1/batches"]);
    const again = await sandbox.run(["submit", "-", ...at.slice(0, 2)], { env, stdin: built.stdout });
    expect(again.stdout).toBe(submitted.stdout);
    expect(again.stderr).toMatch(/0 asked, 30 from the ledger/);
    const merged = await sandbox.run(["merge", input, "--results", "-", ...merging], { env, stdin: again.stdout });
    expect(merged.stdout).toBe(graded.stdout);
  });

  test("a shell's pipe", async () => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", jsonl(numbered(5)));
    const at = ON_EMULATOR.join(" ");
    const line = `bg-pipe build rows.jsonl ${at} | bg-pipe submit ${at} > results.jsonl && bg-pipe merge rows.jsonl ${at} --results results.jsonl`;
    const { status, stdout } = await sandbox.shell(line);
    expect(status).toBe(0);
    expect(stdout).toBe((await sandbox.grade(["rows.jsonl"])).stdout);
  });
});

describe("build", () => {
  test("writes a line for each distinct request, says how many are equal, and sets the others apart", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", `${FATES.join("\n")}\n`);
    const args = ["build", input, "--model", "gpt-4.1-mini", "--errors", "failed.jsonl", "-o", "requests.jsonl"];
    const { status, stdout, stderr } = await sandbox.run(args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /13 rows read, 10 requests written \(.*\), 1 equal to another row, not asked: 1 bad_input, 1 missing_field/,
    );
    expect(stderr).toContain("rows.jsonl:3:2: not JSON");
    const lines = linesOf(sandbox.read("requests.jsonl")).map((line) => JSON.parse(line));
    expect(lines).toHaveLength(10);
    expect(new Set(lines.map((line) => line.custom_id)).size).toBe(10);
    expect(lines[0]).toMatchObject({ method: "POST", url: "/v1/chat/completions", body: { model: "gpt-4.1-mini" } });
    expect(linesOf(sandbox.read("failed.jsonl")).map((line) => JSON.parse(line).grade_error.code)).toEqual([
      "bad_input",
      "missing_field",
    ]);
  });

  test("its bodies and ids are those that grade sends", async () => {
    const sandbox = new Sandbox();
    const external = await startExternal(sandbox);
    const { env } = external;
    const input = sandbox.write("rows.jsonl", jsonl(numbered(3)));
    const how = [input, "--param", "seed=7", "--temperature", "0", "--max-output-tokens", "50"];
    const at = external.args.slice(1, 5);
    const built = await sandbox.run(["build", ...how, ...at]);
    const graded = await sandbox.run([...external.args, ...how, "--meta", "--keep-remote"], { env });
    const lines = linesOf(built.stdout).map((line) => JSON.parse(line));
    expect(lines.map((line) => line.body)).toEqual(await external.bodies());
    const ids = linesOf(graded.stdout).map((line) => JSON.parse(line).grade_meta.custom_id);
    expect(lines.map((line) => line.custom_id)).toEqual(ids);
  });

  test("--errors as a table has the input's columns", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", '{broken\n{"id":"007"}\n{"id":"8","response":"x"}\n');
    const { status } = await sandbox.run(["build", input, ...ON_EMULATOR, "--errors", "failed.csv", "-o", "r.jsonl"]);
    expect(status).toBe(65);
    const table = sandbox.write("rows.csv", "id,response\n007,\n8,x,y\n");
    const second = await sandbox.run(["build", table, ...ON_EMULATOR, "--errors", "failed.csv", "-o", "r.jsonl"]);
    expect(second.status).toBe(1);
    expect(sandbox.read("failed.csv")).toMatch(
      /^id,response,grade\.reasoning,grade\.score,grade_error\.code,grade_error\.message\n/,
    );
  });

  test("the files that grade writes by configuration are not its own", async () => {
    const sandbox = new Sandbox();
    sandbox.write("bg-pipe.yaml", "output: graded.csv\nerrors: failed.csv\noutput-format: csv\n");
    const built = await sandbox.run(["build", ...ON_EMULATOR, "-q"], { stdin: '{"response":"a"}\n' });
    expect([built.status, linesOf(built.stdout).length]).toEqual([0, 1]);
    const submitted = await sandbox.run(["submit", ...ON_EMULATOR, "-q"], { stdin: built.stdout });
    expect([submitted.status, linesOf(submitted.stdout).length]).toEqual([0, 1]);
    expect((await sandbox.run(["convert"], { stdin: '{"response":"a"}\n' })).status).toBe(64);
    expect(sandbox.files()).toEqual(["bg-pipe.yaml"]);
  });

  test("an empty input makes an empty file", async () => {
    const sandbox = new Sandbox();
    expect(await sandbox.run(["build", ...ON_EMULATOR, "-q"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("merge", () => {
  test("takes results from elsewhere: any order, output and error files, compressed, some missing", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", jsonl(numbered(4)));
    const how = [input, "--model", "gpt-4.1-mini", "--system", "", "--user", "{{ text }}"];
    const ids = linesOf((await sandbox.run(["build", ...how])).stdout).map((text) => JSON.parse(text).custom_id);
    const result = (id: string, content: string) => ({
      custom_id: id,
      response: { status_code: 200, body: { choices: [{ message: { content }, finish_reason: "stop" }] } },
      error: null,
    });
    const expired = { code: "batch_expired", message: "too late" };
    const error = (id: string) => ({ custom_id: id, response: null, error: expired });
    sandbox.write("error.jsonl", jsonl([error(ids[0]), error(ids[1]), { unrelated: true }]));
    sandbox.write(
      "output.jsonl.gz",
      gzipSync(jsonl([result(ids[2], "two"), result("other", "x"), result(ids[0], "zero")])),
    );
    const args = ["merge", ...how, "--results", "error.jsonl", "--results", "output.jsonl.gz"];
    const { status, stdout, stderr } = await sandbox.run(args);
    expect(status).toBe(1);
    const rows = linesOf(stdout).map((text) => JSON.parse(text));
    expect(rows.map((row) => row.grade)).toEqual(["zero", null, "two", null]);
    expect(rows.map((row) => row.grade_error?.code)).toEqual([undefined, "expired", undefined, "missing_result"]);
    expect(stderr).toContain("1 lines of the result files are no results");
    expect(stderr).toMatch(/4 rows read, 2 answered, failed: 1 expired, 1 missing_result, 1 result of no row/);
  });

  test("rows in lines to a table: the columns are known, though the first rows cannot be read", async () => {
    const sandbox = new Sandbox();
    const bad = Array.from({ length: 600 }, () => "{broken").join("\n");
    const input = sandbox.write("rows.jsonl", `${bad}\n{"id":"007","response":"x"}\n`);
    const graded = await sandbox.grade([input, "-o", "graded.csv"]);
    const merged = await sandbox.run(["merge", input, "--results", input, ...ON_EMULATOR, "-o", "merged.csv"]);
    expect([graded.status, merged.status]).toEqual([1, 1]);
    const [one, other] = [sandbox.read("graded.csv"), sandbox.read("merged.csv")].map((text) => text.split("\n"));
    expect(other?.slice(0, 601)).toEqual(one?.slice(0, 601));
    expect(other?.[601]).toMatch(/^007,x,,,missing_result,/);
  });

  test("other flags than those of build are found out", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", jsonl(numbered(2)));
    const built = await sandbox.run(["build", input, ...ON_EMULATOR]);
    const submitted = await sandbox.run(["submit", ...ON_EMULATOR], { stdin: built.stdout });
    const args = ["merge", input, "--results", "-", ...ON_EMULATOR, "--temperature", "0"];
    const { status, stderr } = await sandbox.run(args, { stdin: submitted.stdout });
    expect(status).toBe(1);
    expect(stderr).toContain("no row asks what the files have results of");
  });

  test.each([
    [["merge", "rows.jsonl"], 64, "--results FILE"],
    [["merge", "--results", "-"], 64, "both the rows and the results"],
    [["merge", "rows.jsonl", "--results", "nowhere.jsonl"], 66, "nowhere.jsonl"],
  ])("%j ends with %i", async (args, status, message) => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", jsonl(numbered(1)));
    const result = await sandbox.run([...args, ...ON_EMULATOR]);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(message);
  });
});

describe("convert", () => {
  test("leaves out what cannot be read, says so, and keeps it in --errors", async () => {
    const sandbox = new Sandbox();
    sandbox.write("rows.csv", `${CSV.join("\n")}\n`);
    const args = ["convert", "rows.csv", "-o", "rows.jsonl", "--errors", "unread.csv"];
    const { status, stdout, stderr } = await sandbox.run(args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("rows.csv:7: expected 3 cells");
    expect(stderr).toContain("6 rows from csv to jsonl, 1 of them left out");
    expect(linesOf(sandbox.read("rows.jsonl"))).toHaveLength(5);
    expect(linesOf(sandbox.read("rows.jsonl"))[4]).toBe(
      '{"id":"007","response":"[[emulator:lose,times=1]]","note":"z"}',
    );
    expect(JSON.parse(sandbox.read("unread.csv"))).toMatchObject({
      error: { code: "bad_input", line: 7, raw: "5,ragged" },
    });
  });

  test.each([
    ["without a format to write", "rows.jsonl", '{"a":1}\n', [], 64, "--output-format"],
    [
      "a row with another column",
      "rows.jsonl",
      '{"a":1}\n{"b":1}\n',
      ["-o", "out.csv"],
      65,
      'rows.jsonl:2: the field "b"',
    ],
  ])("%s: ends it, and there is no output", async (_name, input, text, args, status, message) => {
    const sandbox = new Sandbox();
    sandbox.write(input, text);
    const result = await sandbox.run(["convert", input, ...args]);
    expect([result.status, result.stdout]).toEqual([status, ""]);
    expect(result.stderr).toContain(message);
    expect(sandbox.files()).not.toContain("out.csv");
  });
});

test("docs/filters.md: its commands do what it says", async () => {
  expect(await new PageRun(readPage("docs/filters.md")).failures()).toEqual([]);
});
