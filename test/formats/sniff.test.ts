import { describe, expect, test } from "vitest";
import { formats } from "../../src/formats/index.ts";
import { formatOfExtension, sniffFormat } from "../../src/formats/sniff.ts";

describe("sniffFormat", () => {
  test.each([
    ["", "jsonl"],
    ["\uFEFF \n", "jsonl"],
    ['{"a":1}\n{"a":2}\n', "jsonl"],
    ['{"a":1}', "jsonl"],
    ["{}\n", "jsonl"],
    ['{"a": oops\n{"a":2}\n', "jsonl"],
    ['"a":1}, x\n{"a":2}\n', "jsonl"],
    ['null\n{"a":2}\n', "jsonl"],
    ["null\n", "jsonl"],
    ['{"a":1,\n{"a":2}\n', "jsonl"],
    [`{"a":"${"x".repeat(70_000)}`, "jsonl"],
    ['\uFEFF\n [\n {"a":1}\n]', "json"],
    ["[]", "json"],
    ['{\n  "a": 1\n}\n', "json"],
    ['{\r\n  "items": [\r\n    {"x": 1},\r\n    {"x": 2}\r\n  ]\r\n}', "json"],
    ['{"a": 1,\n "b": 2}\n', "json"],
    ["id,text\n1,x\n", "csv"],
    ['"id","text"\n', "csv"],
    ['\uFEFFid,text\n1,"see:\n{""a"": 1}\n{ code }"\n', "csv"],
    ["text\nhello\n", "csv"],
    ["id\ttext, and more\n1\tx\n", "tsv"],
  ])("%j is %s", (head, expected) => {
    expect(sniffFormat(Buffer.from(head.slice(0, 65_536)))).toBe(expected);
  });
});

describe("formatOfExtension", () => {
  test.each([
    ["rows.jsonl", "jsonl"],
    ["data/rows.v2.NDJSON.gz", "jsonl"],
    ["rows.csv.zst", "csv"],
    ["rows.tsv", "tsv"],
    ["rows.tab", "tsv"],
    ["./rows.json", "json"],
    ["rows.txt", undefined],
    ["rows", undefined],
    ["dir.csv/rows", undefined],
    ["rows.gz", undefined],
    ["rows.toString", undefined],
  ])("%s is %s", async (path, expected) => {
    expect(await formatOfExtension(path, formats)).toBe(expected);
  });
});
