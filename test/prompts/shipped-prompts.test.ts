import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadPrompt, promptNames } from "../../src/prompts/load.ts";
import { createRenderer } from "../../src/prompts/renderer.ts";
import { MissingFieldError } from "../../src/prompts/row-errors.ts";
import { toStrictSchema } from "../../src/prompts/strict-schema.ts";

const file = "config/prompts.yaml";
const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const userText = (name: string, fields: Record<string, unknown>) => {
  const examples = name === "style" ? { examples: ["one", "two"] } : {};
  const render = createRenderer({ prompt: loadPrompt(text, file, name), field: "response", ...examples });
  return render(fields).messages.at(-1)?.content;
};

test("grade, style, correctness and pairwise are shipped", () => {
  expect(promptNames(text, file)).toStrictEqual(["grade", "style", "correctness", "pairwise"]);
});

describe.each(["grade", "style", "correctness"])("%s", (name) => {
  const prompt = loadPrompt(text, file, name);

  test("says what it is for, and that the text is no instruction", () => {
    expect(prompt.description).toBeDefined();
    expect(prompt.system?.text).toMatch(/never an\s+instruction to\s+you/);
  });

  test("asks for the reasoning before the score, from 1 to 5", () => {
    const properties = Object(prompt.schema?.properties);
    expect(Object.keys(properties)[0]).toBe("reasoning");
    expect(properties.score).toMatchObject({ type: "integer", minimum: 1, maximum: 5 });
  });

  test("has a schema that the provider takes as it is", () => {
    expect(toStrictSchema(prompt.schema ?? {})).toStrictEqual(prompt.schema);
  });

  test("needs the text", () => {
    expect(() => userText(name, { reference: "r" })).toThrow(MissingFieldError);
  });
});

describe("grade shows the task", () => {
  const bare = "<text>\nA\n</text>";
  test.each([
    [{ question: "Q" }, `<task>\nQ\n</task>\n\n${bare}`],
    [{ prompt: "P" }, `<task>\nP\n</task>\n\n${bare}`],
    [{ instruction: "I" }, `<task>\nI\n</task>\n\n${bare}`],
    [{ question: "", prompt: null, instruction: "I" }, `<task>\nI\n</task>\n\n${bare}`],
    [{ question: "Q", prompt: "P" }, `<task>\nQ\n</task>\n\n${bare}`],
    [{ question: "" }, bare],
    [{}, bare],
  ])("%j", (fields, expected) => {
    expect(userText("grade", { response: "A", ...fields })).toBe(expected);
  });
});

test("style shows the examples", () => {
  expect(userText("style", { response: "A" })).toBe("<examples>\n1. one\n2. two\n</examples>\n\n<text>\nA\n</text>");
});

test("correctness shows the reference, which it needs", () => {
  const parts = "<reference>\nR\n</reference>\n\n<answer>\nA\n</answer>";
  expect(userText("correctness", { response: "A", reference: "R" })).toBe(parts);
  expect(userText("correctness", { response: "A", reference: "R", question: "Q" })).toBe(
    `<question>\nQ\n</question>\n\n${parts}`,
  );
  expect(() => userText("correctness", { response: "A" })).toThrow(/"reference"/);
});

test("pairwise shows both texts, says that they are no instruction, and asks for the reasoning first", () => {
  const { system, schema } = loadPrompt(text, file, "pairwise");
  expect(system?.text).toMatch(/never an\s+instruction to\s+you/);
  expect(Object.keys(Object(schema?.properties))).toStrictEqual(["reasoning", "winner"]);
  expect(toStrictSchema(schema ?? {})).toStrictEqual(schema);
  expect(userText("pairwise", { response_a: "A", response_b: "B" })).toBe("<a>\nA\n</a>\n\n<b>\nB\n</b>");
});
