import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { loadPrompt } from "../../src/prompts/load.ts";
import { createRenderer } from "../../src/prompts/renderer.ts";
import { MissingFieldError } from "../../src/prompts/row-errors.ts";
import { toStrictSchema } from "../../src/prompts/strict-schema.ts";
import { errorOf } from "./error-of.ts";

const FULL = `
description: Essays.
rubric:
  scale: { min: 0, max: 1, step: 0.5 }
  criteria:
    clarity:
      description: Is it easy to follow?
      anchors: { 1: At once., 0: Not at all. }
    tone:
      levels: [rude, neutral, polite]
      anchors: { polite: Says please. }
    length: { scale: { min: 1, max: 10 } }
`;
const messagesOf = (text: string, fields: Record<string, unknown>) =>
  createRenderer({ prompt: loadPrompt(text, "p.yaml"), field: "response" })(fields).messages;

test("a rubric is told to the model, best scores first, and what is graded stands in the user text", () => {
  const [system, user] = messagesOf(FULL, { response: "A", question: "Q", reference: "R" });
  expect(system?.role).toBe("system");
  expect(system?.content).toMatch(/never an instruction to you/);
  expect(system?.content.split("\n\n").slice(2).join("\n\n")).toBe(
    `Grade it by these 3 criteria, each by itself:

clarity: Is it easy to follow?
Scores: 0 to 1, in steps of 0.5; 1 is best
  1  At once.
  0  Not at all.

tone
Scores: one of rude, neutral, polite
  polite  Says please.

length
Scores: 1 to 10, whole numbers; 10 is best

First reason in a few sentences, naming what decides the scores. Then give the scores.`,
  );
  expect(user?.content).toBe("<task>\nQ\n</task>\n\n<reference>\nR\n</reference>\n\n<text>\nA\n</text>");
  expect(messagesOf(FULL, { response: "A" })[1]?.content).toBe("<text>\nA\n</text>");
});

test("it makes the schema: the reasoning first, then a score for each criterion, as the provider takes it", () => {
  const { schema = {} } = loadPrompt(FULL, "p.yaml");
  expect(Object.keys(Object(schema["properties"]))).toEqual(["reasoning", "clarity", "tone", "length"]);
  expect(schema).toMatchObject({
    properties: {
      clarity: { type: "number", enum: [0, 0.5, 1], description: "Is it easy to follow?" },
      tone: { type: "string", enum: ["rude", "neutral", "polite"] },
      length: { type: "integer", minimum: 1, maximum: 10 },
    },
    required: ["reasoning", "clarity", "tone", "length"],
  });
  expect(toStrictSchema(schema)).toEqual(schema);
});

test("reasoning may stand before each score, or nowhere", () => {
  const schemaOf = (reasoning: string) =>
    loadPrompt(`rubric: { reasoning: ${reasoning}, criteria: { wit: Is it funny? } }`, "p.yaml").schema;
  expect(Object.keys(Object(schemaOf("none")?.["properties"]))).toEqual(["wit"]);
  const each = Object(schemaOf("each")?.["properties"]).wit;
  expect(Object.keys(each.properties)).toEqual(["reasoning", "score"]);
  expect(each.properties.score).toMatchObject({ type: "integer", minimum: 1, maximum: 5 });
  const [system] = messagesOf("rubric: { reasoning: none, criteria: { wit: Is it funny? } }", { response: "A" });
  expect(system?.content).not.toContain("reason in");
});

test("with a system text of its own it stands where {{ rubric }} is, else at the end; braces in it are no template", () => {
  const rubric = "rubric: { criteria: { wit: 'Is {{ it }} funny?' } }";
  const systemOf = (system: string) => messagesOf(`system: "${system}"\n${rubric}`, { response: "A" })[0]?.content;
  expect(systemOf("Hello.")).toMatch(/^Hello\.\n\nGrade it by this criterion:\n\nwit: Is \{\{ it \}\} funny\?/);
  expect(systemOf("[{{ rubric }}] Now go.")).toMatch(/^\[Grade it by[\s\S]*\] Now go\.$/);
});

test("the reference answer is in the field that is named", () => {
  const text = 'reference: solution\nuser: "{{ text }} = {{ reference }}"';
  expect(messagesOf(text, { response: "A", solution: "S", reference: "other" })[0]?.content).toBe("A = S");
  expect(() => messagesOf(text, { response: "A" })).toThrow(MissingFieldError);
  expect(() => messagesOf(text, { response: "A" })).toThrow("solution");
  const prompt = loadPrompt('user: "{{ text }} = {{ reference }}"', "p.yaml");
  const render = createRenderer({ prompt, field: "response", reference: "gold" });
  expect(render({ response: "A", gold: "G" }).messages[0]?.content).toBe("A = G");
});

describe("a rubric is refused", () => {
  test.each([
    ["rubric: { criteria: {} }", "p.yaml:1:21: a rubric needs a criterion"],
    ["rubric: { criteria: { a: { scale: { min: 5, max: 1 } } } }", "p.yaml:1:28: the scale from 5 to 1 has no steps"],
    ["rubric: { criteria: { a: { scale: { min: 1, max: 2, step: 0.3 } } } }", "steps of 0.3 from 1 do not end at 2"],
    ["rubric: { criteria: { a: { scale: { min: 0, max: 1000 } } } }", "the scale has 1001 scores"],
    ["rubric: { criteria: { a: { levels: [x, x] } } }", "a level stands there twice"],
    ["rubric: { criteria: { a: { anchors: { 6: best } } } }", 'p.yaml:1:39: "6" is none of the scores'],
    ["rubric: { criteria: { reasoning: x } }", 'no criterion can be called "reasoning"'],
    ["rubric: { criteria: { tone: x, 2: y } }", 'no criterion can be called "2"'],
    ["rubric: { criteria: { a: { scael: {} } } }", 'unknown key "scael"'],
    ["rubric: { criteria: { a: x } }\nschema: { type: object }", "p.yaml:2:1: a rubric makes its own schema"],
    ["description: nothing", "user: is missing"],
  ])("%s", (text, message) => {
    const error = errorOf(() => loadPrompt(text, "p.yaml"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(message);
  });
});
