import fc from "fast-check";
import { expect, test } from "vitest";
import { checkFlagsOf, parseArguments } from "../../src/cli/flags.ts";
import { UsageError } from "../../src/core/errors.ts";

test.each([
  ["a flag with a value", ["--model", "m"], { model: ["m"] }],
  ["= before the value", ["--model=m"], { model: ["m"] }],
  ["= within the value", ["--param=a=1=2"], { param: ["a=1=2"] }],
  ["quotes in a value", ['--system="quoted"', "--user='x'"], { system: ['"quoted"'], user: ["'x'"] }],
  ["a value of several lines", ["--system=a\n--model=b"], { system: ["a\n--model=b"] }],
  ["an empty value", ["--system", ""], { system: [""] }],
  ["an empty value behind =", ["--system="], { system: [""] }],
  ["a value that begins with a dash, behind =", ["--system=-be brief"], { system: ["-be brief"] }],
  ["- as a value", ["-o", "-"], { output: ["-"] }],
  ["a negative number as a value", ["--temperature", "-1"], { temperature: ["-1"] }],
  ["a number, left as it is written", ["--model", "012"], { model: ["012"] }],
  ["one letter", ["-o", "out.csv"], { output: ["out.csv"] }],
  ["one letter with its value", ["-oout.csv"], { output: ["out.csv"] }],
  ["one letter and =", ["-o=out.csv"], { output: ["out.csv"] }],
  ["a flag twice", ["--model", "a", "--model=b"], { model: ["a", "b"] }],
  ["one letter twice", ["-oa", "-ob"], { output: ["a", "b"] }],
  ["a switch", ["--meta"], { meta: true }],
  ["a switch, off", ["--no-meta"], { meta: false }],
  ["a switch set", ["--meta=false", "--fresh=true"], { meta: false, fresh: true }],
  ["a switch twice: the last counts", ["--meta", "--no-meta"], { meta: false }],
  ["a switch twice, on last", ["--no-meta", "--meta"], { meta: true }],
  ["-q", ["-q"], { quiet: true }],
])("%s", async (_, argv, flags) => {
  expect(await parseArguments(argv)).toEqual({ positionals: [], flags });
});

test.each([
  ["a bare dash", ["grade", "-"], ["grade", "-"]],
  ["numbers", ["grade", "012", "1e3"], ["grade", "012", "1e3"]],
  ["what is behind --", ["grade", "--", "--model", "-o", "--"], ["grade", "--model", "-o", "--"]],
  ["a file behind a switch", ["grade", "--meta", "false.csv"], ["grade", "false.csv"]],
  ["files around flags", ["grade", "a", "--param", "x=1", "b", "--param", "y=2", "c"], ["grade", "a", "b", "c"]],
])("positionals: %s", async (_, argv, positionals) => {
  expect((await parseArguments(argv)).positionals).toEqual(positionals);
});

async function refusal(argv: readonly string[]): Promise<UsageError> {
  const error: unknown = await parseArguments(argv).catch((thrown: unknown) => thrown);
  if (!(error instanceof UsageError)) throw new Error(`expected a UsageError, got ${JSON.stringify(error)}`);
  return error;
}

test.each([
  [["--modle", "x"], "there is no flag --modle", "Did you mean --model?"],
  [["--max-batchs=3"], "there is no flag --max-batchs", "Did you mean --max-batches?"],
  [["-x"], "there is no flag -x", ""],
  [["-x=1"], "there is no flag -x", ""],
  [["-model", "x"], "there is no flag --model", "Did you mean --model?"],
  [["-42"], "there is no flag --42", ""],
  [["-q=maybe"], "-q is a switch", ""],
  [["-qo"], "-q is a switch", ""],
  [["--no-mta"], "there is no flag --mta", "Did you mean --meta?"],
  [["--a.b", "c"], "there is no flag --a.b", ""],
  [["--constructor=1"], "there is no flag --constructor", ""],
  [["--__proto__=1"], "there is no flag --", ""],
  [["--prompts", "x"], "there is no flag --prompts", "Did you mean --prompt?"],
  [["--maxBatches", "1"], "there is no flag --maxBatches", "Did you mean --max-batches?"],
  [["--model"], "--model needs a value", "--model=VALUE"],
  [["--model", "--meta"], "--model needs a value", "--model=VALUE"],
  [["-o"], "--output needs a value", "--output=VALUE"],
  [["--no-model"], "--no-model: only switches can be turned off", ""],
  [["--meta=maybe"], "--meta is a switch", ""],
  [["--meta="], "--meta is a switch", ""],
])("%j is refused", async (argv, message, hint) => {
  const error = await refusal(argv);
  expect(error.message).toContain(message);
  expect(error.hint ?? "").toContain(hint);
  expect(error.exitStatus).toBe(64);
});

test.each([
  [["--api-key", "hunter22"]],
  [["--api-key=hunter22"]],
  [["--apikey=hunter22"]],
  [["--openai-api-key", "hunter22"]],
  [["--key", "hunter22"]],
  [["--api_key=hunter22"]],
])("%j points to the places for keys, and does not show it", async (argv) => {
  const error = await refusal(argv);
  expect(error.hint).toContain("OPENAI_API_KEY");
  expect(error.hint).toContain("--api-key-file");
  expect(`${error.message}${error.hint}${error.stack}`).not.toContain("hunter22");
});

test("any text comes through as it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      const { flags } = await parseArguments([`--system=${text}`]);
      expect(flags).toEqual({ system: [text] });
    }),
  );
});

test("any positional that is no flag comes through as it is", async () => {
  const plain = fc.string({ unit: "grapheme" }).filter((text) => !text.startsWith("-"));
  await fc.assert(
    fc.asyncProperty(fc.array(plain), async (positionals) => {
      expect((await parseArguments(positionals)).positionals).toEqual(positionals);
      expect((await parseArguments(["--", "-x", ...positionals])).positionals).toEqual(["-x", ...positionals]);
    }),
  );
});

test("a command refuses flags of others", () => {
  expect(() => checkFlagsOf("grade", ["model"], { model: ["m"] })).not.toThrow();
  expect(() => checkFlagsOf("grade", ["model"], { port: ["1"] })).toThrow("grade does not take the flag --port");
});
