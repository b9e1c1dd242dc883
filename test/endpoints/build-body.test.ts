import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import type { RenderedPrompt } from "../../src/core/prompt.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import type { Endpoint } from "../../src/endpoints/endpoint.ts";
import { endpoints } from "../../src/endpoints/index.ts";
import { responses } from "../../src/endpoints/responses.ts";

const prompt: RenderedPrompt = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
  ],
};
const onlyUser: RenderedPrompt = { messages: [{ role: "user", content: "Hello" }] };
const schema = { name: "grade", schema: { type: "object", properties: {}, additionalProperties: false } };
const full = { model: "gpt-4.1-mini", maxOutputTokens: 100, temperature: 0, schema, extra: { seed: 7 } };

test("every registered endpoint says the path it is registered under", async () => {
  for (const [path, load] of Object.entries(endpoints)) expect((await load()).path).toBe(path);
});

test("a chat body has the shape the openai package declares", () => {
  const expected: ChatCompletionCreateParamsNonStreaming = {
    model: "gpt-4.1-mini",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ],
    response_format: { type: "json_schema", json_schema: { name: "grade", strict: true, schema: schema.schema } },
    max_completion_tokens: 100,
    temperature: 0,
    seed: 7,
  };
  expect(chatCompletions.buildBody(prompt, full)).toStrictEqual(expected);
});

test("a responses body has the shape the openai package declares", () => {
  const expected: ResponseCreateParamsNonStreaming = {
    model: "gpt-4.1-mini",
    instructions: "Be brief.",
    input: [{ role: "user", content: "Hello" }],
    text: { format: { type: "json_schema", name: "grade", strict: true, schema: schema.schema } },
    max_output_tokens: 100,
    temperature: 0,
  };
  expect(responses.buildBody(prompt, { ...full, extra: {} })).toStrictEqual(expected);
});

test("several system messages become one text of instructions", () => {
  const two = { messages: [prompt.messages[0], prompt.messages[0], prompt.messages[1]] } as RenderedPrompt;
  expect(responses.buildBody(two, { model: "m", extra: {} })).toMatchObject({ instructions: "Be brief.\n\nBe brief." });
});

test("an embeddings body has the shape the openai package declares", () => {
  const expected: EmbeddingCreateParams = { model: "text-embedding-3-small", input: "Hello", dimensions: 256 };
  const settings = { model: "text-embedding-3-small", extra: { dimensions: 256 } };
  expect(embeddings.buildBody(onlyUser, settings)).toStrictEqual(expected);
});

test.each([
  ["a schema", { schema }],
  ["a temperature", { temperature: 0 }],
  ["a limit on output tokens", { maxOutputTokens: 5 }],
])("embeddings refuse %s", (what, setting) => {
  const build = () => embeddings.buildBody(onlyUser, { model: "m", extra: {}, ...setting });
  expect(build).toThrow(ConfigurationError);
  expect(build).toThrow(what);
});

test("embeddings refuse a system message, which would be lost", () => {
  expect(() => embeddings.buildBody(prompt, { model: "m", extra: {} })).toThrow(ConfigurationError);
});

describe.each([
  ["chat", chatCompletions],
  ["responses", responses],
  ["embeddings", embeddings],
] satisfies [string, Endpoint][])("further parameters of %s", (_, endpoint) => {
  const build = (extra: Record<string, unknown>) => endpoint.buildBody(onlyUser, { model: "m", extra });

  test("win over what bg-pipe sets", () => {
    expect(build({ input: "mine", messages: [] })).toMatchObject({ input: "mine", messages: [] });
  });

  test.each([{ stream: true }, { n: 2 }, { model: "other" }])("cannot be %j", (extra) => {
    expect(() => build(extra)).toThrow(ConfigurationError);
  });

  test("may say what is the default anyway", () => {
    expect(build({ stream: false, n: 1 })).toMatchObject({ stream: false, n: 1, model: "m" });
  });
});
