import { gzipSync, zstdCompressSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { linesOf, rowsOf, Sandbox } from "./support.ts";

const PLAIN = ["--system", "Say a word.", "--user", "{{ response }}"];
const ERRORS = "grade_error.code,grade_error.message";

describe("CSV", () => {
  const csv =
    '\uFEFFid,response,note\r\n007,"two\r\nlines, ""quoted""",\r\n1.0,é日本👩‍👧,"  kept "\r\n-0,x,2026-01-01\r\n';

  test("in and out: LF, no BOM, quotes where needed, cells as they were", async () => {
    const sandbox = new Sandbox();
    const { status, stdout } = await sandbox.grade(["--chunk-rows", "1", ...PLAIN], { stdin: csv });
    expect(status).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(`id,response,note,grade,${ERRORS}`);
    expect(stdout).toContain('\n007,"two\r\nlines, ""quoted""",,');
    expect(stdout).toMatch(/\n1\.0,é日本👩‍👧,"? {2}kept "?,/);
    expect(stdout).toMatch(/\n-0,x,2026-01-01,[^\n]+,,\n$/);
    expect(stdout).not.toContain("\uFEFF");
  });

  test("a schema's properties are columns", async () => {
    const sandbox = new Sandbox();
    const { status, stdout } = await sandbox.grade([], { stdin: csv });
    expect(status).toBe(0);
    const [header, ...records] = parse(stdout);
    expect(header?.join(",")).toBe(`id,response,note,grade.reasoning,grade.score,${ERRORS}`);
    expect(records.map((record) => record[0])).toEqual(["007", "1.0", "-0"]);
    for (const record of records) expect(record[4]).toMatch(/^[1-5]$/);
  });

  test("bytes that come one at a time are read alike", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.csv", csv);
    const whole = await sandbox.grade(["--input-format", "csv", ...PLAIN], { stdin: csv });
    // A pipe is read as it is written: small writes arrive as small chunks.
    const script =
      "const b = require('fs').readFileSync(process.argv[1]); let i = 0;" +
      "(function next() { if (i < b.length) process.stdout.write(b.subarray(i, ++i), () => setImmediate(next)); })()";
    const node = JSON.stringify(process.execPath);
    const grade = `bg-pipe grade --provider emulator --input-format csv ${PLAIN.map((word) => `'${word}'`).join(" ")}`;
    const cut = await sandbox.shell(`${node} -e ${JSON.stringify(script)} ${input} | ${grade}`);
    expect(cut).toMatchObject({ status: 0, stdout: whole.stdout });
  });

  test("a failed row has its code and message in columns", async () => {
    const sandbox = new Sandbox();
    const stdin = "id,response\n1,good\n2,[[emulator:refuse]]\n";
    const { status, stdout } = await sandbox.grade(["--input-format", "csv"], { stdin });
    expect(status).toBe(1);
    const records = parse(stdout, { columns: true });
    expect(records).toMatchObject([
      { id: "1", "grade_error.code": "", "grade_error.message": "" },
      { id: "2", "grade.score": "", "grade_error.code": "refused", "grade_error.message": expect.stringMatching(/./) },
    ]);
  });

  test("a ragged record is one failed row, and the others are answered", async () => {
    const sandbox = new Sandbox();
    const stdin = 'id,response\n1,good\n2,too,many\n3\n4,"quoted"\n';
    const { status, stdout, stderr } = await sandbox.grade(["--input-format", "csv"], { stdin });
    expect(status, stderr).toBe(1);
    const codes = parse(stdout, { columns: true }).map((record) => Object(record)["grade_error.code"]);
    expect(codes).toEqual(["", "bad_input", "bad_input", ""]);
  });

  test("the same name twice in the header is refused", async () => {
    const sandbox = new Sandbox();
    const { status, stdout, stderr } = await sandbox.grade(["--input-format", "csv"], {
      stdin: "id,response,id\n1,x,2\n",
    });
    expect({ status, stdout }).toEqual({ status: 65, stdout: "" });
    expect(stderr).toContain('"id"');
  });
});

test("TSV in and out", async () => {
  const sandbox = new Sandbox();
  const input = sandbox.write("rows.tsv", "id\tresponse\n007\tone, two\n");
  const { status, stdout } = await sandbox.grade([input, ...PLAIN]);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^id\tresponse\tgrade\tgrade_error\.code\tgrade_error\.message\n007\tone, two\t[^\t\n]+\t\t\n$/,
  );
});

describe("JSON", () => {
  test("an array in, an array out, numbers as they were spelled", async () => {
    const sandbox = new Sandbox();
    const { status, stdout } = await sandbox.grade(PLAIN, {
      stdin: '\uFEFF [ {"id":12345678901234567890,"response":"a"} ,\n\n{"n":1.0,"response":"]}[{"}]\n',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(stdout).toContain('{"id":12345678901234567890,"response":"a","grade":"');
    expect(stdout).toContain('{"n":1.0,"response":"]}[{","grade":"');
  });

  test("an array that breaks off: the rows before it come out, and the rest is one failed row or exit 65", async () => {
    const sandbox = new Sandbox();
    const { status, stderr } = await sandbox.grade(["--input-format", "json", ...PLAIN], {
      stdin: '[{"response":"a"},{"response":"b',
    });
    expect([1, 65]).toContain(status);
    expect(stderr.length).toBeGreaterThan(0);
  });
});

describe("compressed input is known by its first bytes", () => {
  test.for([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ] as const)("%s", async ([, compress]) => {
    const sandbox = new Sandbox();
    const rows = '{"id":1,"response":"a"}\n{"id":2,"response":"b"}\n';
    // Two members one after the other are one stream, as gzip and zstd have it.
    const stdin = Buffer.concat([compress(Buffer.from(rows)), compress(Buffer.from('{"id":3,"response":"c"}\n'))]);
    const { status, stdout } = await sandbox.grade([], { stdin });
    expect(status).toBe(0);
    expect(rowsOf(stdout).map((row) => row["id"])).toEqual([1, 2, 3]);
  });

  test("one that is cut off is bad input: exit 65, and no trace", async () => {
    const sandbox = new Sandbox();
    const whole = gzipSync(Buffer.from('{"id":1,"response":"a"}\n'.repeat(100)));
    const { status, stderr } = await sandbox.grade([], { stdin: whole.subarray(0, whole.length - 12) });
    expect(status).toBe(65);
    expect(stderr).toMatch(/gzip|compress|cut|end/i);
  });
});

describe("conversion", () => {
  test.for([
    ["rows.csv", "id,response\n007,a\n", "jsonl", '{"id":"007","response":"a","grade":"X"}\n'],
    ["rows.jsonl", '{"id":1.0,"response":"a"}\n', "csv", `id,response,grade,${ERRORS}\n1.0,a,X,,\n`],
    ["rows.jsonl", '{"id":1.0,"response":"a"}\n', "json", '[\n{"id":1.0,"response":"a","grade":"X"}\n]\n'],
    ["rows.json", '[{"id":1.0,"response":"a"}]', "jsonl", '{"id":1.0,"response":"a","grade":"X"}\n'],
    ["rows.tsv", "id\tresponse\n007\ta\n", "csv", `id,response,grade,${ERRORS}\n007,a,X,,\n`],
  ] as const)("%s to %3$s", async ([name, content, format, expected]) => {
    const sandbox = new Sandbox();
    const input = sandbox.write(name, content);
    const { status } = await sandbox.grade([input, "-o", `out.${format}`, ...PLAIN]);
    expect(status).toBe(0);
    expect(sandbox.read(`out.${format}`).replace(/The [a-z ]+\.|Its [a-z ]+\.|This [a-z ]+\./, "X")).toBe(expected);
  });

  test("rows with other fields than the first do not fit a table: the message names the way out", async () => {
    const sandbox = new Sandbox();
    const { status, stderr } = await sandbox.grade(["--output-format", "csv", ...PLAIN], {
      stdin: '{"response":"a"}\n{"response":"b","more":1}\n',
    });
    expect(status).toBe(65);
    expect(stderr).toMatch(/"more"/);
    expect(stderr).toMatch(/--output-format/);
  });
});

describe("empty input is an empty output", () => {
  test.for([
    ["jsonl", "", /^$/],
    ["jsonl", "\n\n", /^$/],
    ["csv", "", /^$/],
    ["csv", "id,response\n", /^id,response,grade,grade_error\.code,grade_error\.message\n$/],
    ["tsv", "id\tresponse\n", /^id\tresponse\tgrade\tgrade_error\.code\tgrade_error\.message\n$/],
    ["json", "[]", /^\[\s*\]\n$/],
    ["json", "", /^(\[\s*\]\n)?$/],
  ] as const)("%s %j", async ([format, stdin, expected]) => {
    const sandbox = new Sandbox();
    const { status, stdout } = await sandbox.grade(["--input-format", format, ...PLAIN], { stdin });
    expect(status).toBe(0);
    expect(stdout).toMatch(expected);
  });

  test("nothing at all, of no known format", async () => {
    const sandbox = new Sandbox();
    expect(await sandbox.grade([])).toMatchObject({ status: 0, stdout: "" });
  });
});

test("a big file through a slow reader comes out whole", async () => {
  const sandbox = new Sandbox();
  const rows = Array.from({ length: 300 }, (_, id) => JSON.stringify({ id, pad: "x".repeat(2000), response: "a" }));
  const input = sandbox.write("rows.jsonl", rows.map((row) => `${row}\n`).join(""));
  const { status } = await sandbox.shell(
    `bg-pipe grade --provider emulator ${input} | (sleep 0.5; cat) > out; exit \${PIPESTATUS[0]}`,
  );
  expect(status).toBe(0);
  expect(linesOf(sandbox.read("out"))).toHaveLength(300);
});
