import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, Sandbox } from "./support.ts";

/** Rows whose text does not survive being parsed and written again. */
const DELICATE = [
  '{"id":12345678901234567890,"response":"big integer"}',
  '{"n":1.0,"m":1e5,"z":-0,"x":0.1000,"y":1E+2,"response":"spelling of numbers"}',
  '{"2":"b","1":"a","response":"keys that look like numbers","0":null}',
  '{"__proto__":{"x":1},"constructor":2,"response":"keys of every object"}',
  String.raw`{"response":"\u0041\/\ud83d\ude00\u2028","caf\u00e9":1}`,
  '{"response":"separators: \u2028 \u2029 \u0085","emoji":"👩‍👩‍👧"}',
  '{ "response" :\t"blanks" , "list" : [ 1 , { } ]   }',
  '  {"response":"blanks around"}  ',
  '{"response":"nested","o":{"z":{"b":1,"a":[null,true,1.50]}}}',
  '{"response":"a lone surrogate: \\ud800"}',
  '{"":"the empty key","response":"x"}',
];

const TAIL = /,"grade":\{"reasoning":"(?:[^"\\]|\\.)*","score":[1-5]\}\}$/;

/** Checks that each line is the row's own text with the answer spliced in before its last brace. */
function expectSpliced(stdout: string, given: readonly string[]) {
  const written = linesOf(stdout);
  expect(written).toHaveLength(given.length);
  for (const [index, line] of written.entries()) {
    const own = given[index]?.trim().slice(0, -1).trimEnd();
    expect(line.replace(TAIL, "").trim()).toBe(own);
  }
}

test("a row's own text comes out as it went in", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.grade([], { stdin: `${DELICATE.join("\n")}\n` });
  expect(status).toBe(0);
  expectSpliced(stdout, DELICATE);
});

test("so do rows with any field names, values and text", async () => {
  const sandbox = new Sandbox();
  const name = fc.string({ unit: "grapheme" }).filter((text) => text !== "response" && !text.startsWith("grade"));
  const row = fc.tuple(fc.dictionary(name, fc.jsonValue(), { maxKeys: 4 }), fc.string({ unit: "binary" }));
  const rows = fc.sample(row, { numRuns: 200, seed: 7 });
  const given = rows.map(([fields, response]) => JSON.stringify({ ...fields, response }));
  const { status, stdout, stderr } = await sandbox.grade(["--chunk-rows", "60"], { stdin: `${given.join("\n")}\n` });
  expect(status, stderr).toBe(0);
  expectSpliced(stdout, given);
});

test("CRLF ends a line of JSONL too, and a BOM is no part of it", async () => {
  const sandbox = new Sandbox();
  const { status, stdout } = await sandbox.grade([], { stdin: '\uFEFF{"response":"a"}\r\n{"response":"b"}\r\n' });
  expect(status).toBe(0);
  expectSpliced(stdout, ['{"response":"a"}', '{"response":"b"}']);
});

test("the same field twice in a row does not lose either", async () => {
  const sandbox = new Sandbox();
  const { stdout } = await sandbox.grade([], { stdin: '{"a":1,"a":2,"response":"x"}\n' });
  expect(stdout).toMatch(/^\{("a":1,"a":2,"response":"x",)?.*"grade":/);
});
