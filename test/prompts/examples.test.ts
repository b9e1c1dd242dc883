import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { loadExamples } from "../../src/prompts/examples.ts";

const pair = { fields: { response: "x" }, answer: { score: 1 } };

describe("examples", () => {
  test.each([
    ["e.txt", "one\ntwo\n", ["one", "two"]],
    ["e.txt", "\uFEFFone\r\ntwo\r\n", ["one", "two"]],
    ["e.txt", "one\nline\n\ntwo\n \n\n three \n", ["one\nline", "two", "three"]],
    ["examples", "one\n\n\n\ntwo", ["one", "two"]],
    ["e.jsonl", '"one"\n\n{"text": "two"}\n{"response": "three", "n": 1}\n', ["one", "two", "three"]],
    ["e.jsonl", JSON.stringify(pair), [pair]],
    ["e.yaml", "- one\n- |\n  two\n  lines\n- {example: three}", ["one", "two\nlines\n", "three"]],
    ["e.json", JSON.stringify(["one", pair]), ["one", pair]],
    ["e.csv", 'response,answer\nx,"{""score"":1}"\n', [pair]],
    ["e.csv", "response,answer\nx,yes\n", [{ fields: { response: "x" }, answer: "yes" }]],
    ["e.tsv", "id\ttext\n1\ta, b\n", ["a, b"]],
  ])("%s %j", (file, text, examples) => {
    expect(loadExamples(text, file)).toStrictEqual(examples);
  });

  test.each([
    ["e.txt", " \n\n", "e.txt: there is no example"],
    ["e.jsonl", '"one"\n{', "e.jsonl:2: not JSON"],
    ["e.jsonl", '"one"\n5', "e.jsonl:2: an example must be"],
    ["e.jsonl", '{"foo": "bar"}', "e.jsonl:1: an example must be"],
    ["e.yaml", "a: b", "e.yaml:1:1: examples must be a list"],
    ["e.yaml", "- one\n- 5", "e.yaml:2:3: an example must be"],
    ["e.yaml", "- [", "e.yaml:1:"],
    ["e.csv", "id\n1\n", "e.csv: record 1 has no column answer, text"],
    ["e.csv", "a,b\n1\n", "e.csv: Invalid Record Length"],
  ])("%s %j is refused", (file, text, message) => {
    expect(() => loadExamples(text, file)).toThrow(ConfigurationError);
    expect(() => loadExamples(text, file)).toThrow(message);
  });
});
