import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jsonl, linesOf, numbered, rowsOf, Sandbox } from "./support.ts";

test("rows from stdin come out on stdout: each once, in order, answered, and nothing else", async () => {
  const sandbox = new Sandbox();
  const input = jsonl(numbered(300));
  const { status, stdout, stderr } = await sandbox.grade(["--chunk-rows", "70"], { stdin: input });
  expect(status).toBe(0);
  const given = linesOf(input);
  const written = linesOf(stdout);
  expect(written).toHaveLength(300);
  for (const [index, line] of written.entries()) {
    expect(line.startsWith(`${given[index]?.slice(0, -1)},"grade":{`), line).toBe(true);
  }
  expect(rowsOf(stdout).every((row) => !("grade_error" in row))).toBe(true);
  expect(stderr).toMatch(/300 read, 300 answered, 0 failed/);
  expect(stderr).toMatch(/batches +5 /);
});

test("-o writes the same bytes to a file, by rename; with -q nothing else is said; --summary is JSON", async () => {
  const sandbox = new Sandbox();
  const input = sandbox.write("rows.jsonl", jsonl(numbered(20)));
  sandbox.write("out.jsonl", "old\n");
  const first = await sandbox.grade([input]);
  const second = await sandbox.grade([input, "-o", "out.jsonl", "-q", "--summary", "summary.json"]);
  expect(second).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(sandbox.read("out.jsonl")).toBe(first.stdout);
  expect(sandbox.files().sort()).toEqual(["out.jsonl", "rows.jsonl", "summary.json"]);
  expect(sandbox.read("summary.json").replaceAll(/\s/g, "")).toMatch(/"answered":20\b/);
});

test("a run that halts renames nothing: what was there stays, and the unfinished file beside it", async () => {
  const sandbox = new Sandbox();
  sandbox.write("out.jsonl", "old\n");
  const stdin = jsonl([{ response: "one" }, { response: "[[emulator:refuse]]" }]);
  const { status, stderr } = await sandbox.grade(["--on-error", "halt", "-o", "out.jsonl"], { stdin });
  expect(status).toBe(1);
  expect(sandbox.read("out.jsonl")).toBe("old\n");
  expect(sandbox.files()).toHaveLength(2);
  expect(stderr).toContain("refused");
});

test("several files, patterns and stdin are one input, in the order given", async () => {
  const sandbox = new Sandbox();
  sandbox.write("parts/a.jsonl", jsonl([{ id: "a", response: "1" }]));
  sandbox.write("parts/b.jsonl", jsonl([{ id: "b", response: "2" }]));
  // A last line without its end is a line, also in the middle of an input of several files.
  sandbox.write("z.jsonl", '{"id":"z","response":"3"}');
  const { status, stdout } = await sandbox.grade(["z.jsonl", "-", "parts/*.jsonl"], {
    stdin: jsonl([{ id: "stdin", response: "4" }]),
  });
  expect(status).toBe(0);
  expect(rowsOf(stdout).map((row) => row["id"])).toEqual(["z", "stdin", "a", "b"]);
});

test("--order completion writes each row once, those that waited later", async () => {
  const sandbox = new Sandbox();
  const rows = numbered(40);
  const late = { id: 40, response: "[[emulator:status=500,times=1]]" };
  const { status, stdout } = await sandbox.grade(["--order", "completion", "--chunk-rows", "10"], {
    stdin: jsonl([late, ...rows]),
  });
  expect(status).toBe(0);
  const ids = rowsOf(stdout).map((row) => Number(row["id"]));
  expect(ids[0]).not.toBe(40);
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 41 }, (_, id) => id));
});

test("the output may be the input's own file", async () => {
  const sandbox = new Sandbox();
  const input = sandbox.write("rows.jsonl", jsonl(numbered(3)));
  const { status } = await sandbox.grade([input, "-o", input]);
  expect(status).toBe(0);
  expect(rowsOf(sandbox.read(input)).map((row) => row["id"])).toEqual([0, 1, 2]);
});

test("an earlier crash's unfinished file does not hinder a run", async () => {
  const sandbox = new Sandbox();
  writeFileSync(sandbox.path(".out.jsonl.bg-pipe-partial"), "left over, longer than what is written now".repeat(100));
  const { status } = await sandbox.grade(["-o", "out.jsonl"], { stdin: jsonl(numbered(2)) });
  expect(status).toBe(0);
  expect(rowsOf(sandbox.read("out.jsonl"))).toHaveLength(2);
  expect(sandbox.files()).toEqual(["out.jsonl"]);
});

test("--output-dir: a file for each input, under its name", async () => {
  const sandbox = new Sandbox();
  sandbox.write("a.csv", "id,response\n1,one\n2,two\n");
  sandbox.write("b.csv", "id,response\n3,three\n");
  const { status, stdout } = await sandbox.grade(["a.csv", "b.csv", "--output-dir", "out", "--output-format", "jsonl"]);
  expect([status, stdout]).toEqual([0, ""]);
  expect(rowsOf(sandbox.read("out/a.jsonl")).map(({ id }) => id)).toEqual(["1", "2"]);
  expect(rowsOf(sandbox.read("out/b.jsonl")).map(({ id }) => id)).toEqual(["3"]);
});
