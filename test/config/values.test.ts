import { expect, test } from "vitest";
import type { OptionDefinition, OptionType } from "../../src/config/option-definition.ts";
import { parseData, parseTexts, parseVariable } from "../../src/config/values.ts";

const base = { summary: "a thing", group: "around", commands: [] } as const;

function ofType(type: OptionType, more: Partial<OptionDefinition> = {}): OptionDefinition {
  return { ...base, type, ...more };
}

test.each([
  ["integer", "12", 12],
  ["integer", "-3", -3],
  ["number", "0.25", 0.25],
  ["number", "-1e-3", -0.001],
  ["size", "10k", 10_000],
  ["duration", "5m", 300],
  ["boolean", "TRUE", true],
  ["boolean", "0", false],
  ["string", "text", "text"],
] as const)("a %s is read from the text %j", (type, text, value) => {
  expect(parseTexts(ofType(type), [text])).toEqual({ value });
});

test.each([
  ["integer", "abc"],
  ["integer", "1.5"],
  ["integer", "NaN"],
  ["integer", ""],
  ["integer", "9007199254740993"],
  ["number", "Infinity"],
  ["size", "many"],
  ["duration", "soon"],
  ["boolean", "maybe"],
  ["string", ""],
] as const)("a %s cannot be the text %j", (type, text) => {
  expect(parseTexts(ofType(type), [text])).toHaveProperty("problem");
});

test("of several uses the last counts, except for lists and maps", () => {
  expect(parseTexts(ofType("integer"), ["1", "2"])).toEqual({ value: 2 });
  expect(parseTexts(ofType("list"), ["a", "b"])).toEqual({ value: ["a", "b"] });
  expect(parseTexts(ofType("json-map"), ["a=1", 'b={"c":[true]}', "a=2"])).toEqual({
    value: { a: 2, b: { c: [true] } },
  });
});

test("bounds are kept and named", () => {
  const retries = ofType("integer", { minimum: 0 });
  expect(parseTexts(retries, ["-1"])).toEqual({ problem: 'is "-1", but has to be a whole number of at least 0' });
  const port = ofType("integer", { minimum: 0, maximum: 65535 });
  expect(parseData(port, 65536)).toEqual({ problem: "is 65536, but has to be a whole number from 0 to 65535" });
  expect(parseData(port, 65535)).toEqual({ value: 65535 });
});

test("choices and their synonyms", () => {
  const format = ofType("enum", { choices: ["jsonl", "csv"], synonyms: { ndjson: "jsonl" } });
  expect(parseTexts(format, ["ndjson"])).toEqual({ value: "jsonl" });
  expect(parseTexts(format, ["xml"])).toEqual({ problem: 'is "xml", but has to be one of jsonl, csv' });
  expect(parseTexts(format, ["constructor"])).toHaveProperty("problem");
});

test("an empty text is a value only where it may be", () => {
  expect(parseTexts(ofType("string"), [""])).toEqual({ problem: "is empty" });
  expect(parseTexts(ofType("string", { mayBeEmpty: true }), [""])).toEqual({ value: "" });
});

test.each([
  ["string", 4],
  ["string", null],
  ["string", true],
  ["boolean", "true"],
  ["boolean", 1],
  ["integer", "4"],
  ["number", "0.5"],
  ["integer", Number.NaN],
  ["list", "a"],
  ["list", [1]],
  ["json-map", []],
  ["json-map", "a=1"],
] as const)("YAML: a %s cannot be %j", (type, data) => {
  expect(parseData(ofType(type), data)).toHaveProperty("problem");
});

test("YAML: sizes and durations may be texts with units", () => {
  expect(parseData(ofType("size"), "10MiB")).toEqual({ value: 10 * 1024 ** 2 });
  expect(parseData(ofType("duration"), "2h")).toEqual({ value: 7200 });
});

test.each(["a", "=1", "a=", "a=flex", "a={"])("%j is no KEY=JSON", (text) => {
  expect(parseTexts(ofType("json-map"), [text])).toHaveProperty("problem");
});

test("a map keeps a key named __proto__ as a key", () => {
  const parsed = parseTexts(ofType("json-map"), ['__proto__={"polluted":1}']);
  expect(Object.getOwnPropertyNames("value" in parsed ? parsed.value : {})).toEqual(["__proto__"]);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("environment: lists are split at commas, maps are JSON objects", () => {
  expect(parseVariable(ofType("list"), "a, b")).toEqual({ value: ["a", "b"] });
  expect(parseVariable(ofType("json-map"), '{"a":1}')).toEqual({ value: { a: 1 } });
  expect(parseVariable(ofType("json-map"), "a=1")).toEqual({ problem: "is not a JSON object" });
  expect(parseVariable(ofType("json-map"), "[1]")).toHaveProperty("problem");
});

test.each([{ file: "key" }, { env: "KEY" }])("a secret can be %j", (data) => {
  expect(parseData(ofType("secret"), data)).toEqual({ value: data });
});

test.each([
  "sk-abcdefghijkl",
  {},
  { file: "" },
  { file: 1 },
  { file: "a", env: "b" },
  { value: "sk-abcdefghijkl" },
  null,
])("a secret cannot be %j, and is not shown", (data) => {
  const parsed = parseData(ofType("secret"), data);
  expect(parsed).toEqual({ problem: "has to be { file: PATH } or { env: NAME }, never the key itself" });
});

test.each([{ api_key: "hunter22" }, { deep: [{ apiKey: "hunter22" }] }, { OPENAI_API_KEY: "hunter22" }])(
  "a map cannot hold an API key: %j",
  (data) => {
    const parsed = parseData(ofType("json-map"), data);
    expect(parsed).toHaveProperty("problem");
    expect(JSON.stringify(parsed)).not.toContain("hunter22");
  },
);

test("a value that looks like a key is not shown, and a long one is clipped", () => {
  expect(JSON.stringify(parseTexts(ofType("integer"), ["sk-abcdefghijkl"]))).not.toContain("abcdefghijkl");
  const parsed = parseTexts(ofType("integer"), ["x".repeat(10_000)]);
  expect(JSON.stringify(parsed).length).toBeLessThan(200);
});
