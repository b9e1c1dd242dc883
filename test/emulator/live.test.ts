import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { emulatorPage, startForTest } from "./support.ts";

const model = "gpt-5-mini";
const user = (content: string) => [{ role: "user" as const, content }];
const schema = {
  type: "object",
  properties: { score: { type: "integer", minimum: 1, maximum: 5 }, reason: { type: "string" } },
  required: ["score", "reason"],
  additionalProperties: false,
};

describe("chat completions", () => {
  test("answer the same to the same, with usage, and bill it", async () => {
    const { client, emulator } = await startForTest();
    const ask = (text: string) => client.chat.completions.create({ model, messages: user(text) });
    const first = await ask("four");
    expect(first.choices).toMatchObject([
      { index: 0, finish_reason: "stop", message: { role: "assistant", refusal: null } },
    ]);
    const text = first.choices[0]?.message.content ?? "";
    const output = Math.ceil(text.length / 4);
    expect(first.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: output, total_tokens: 8 + output });
    expect((await ask("four")).choices).toEqual(first.choices);
    const others = await Promise.all(["a", "b", "c", "d"].map(ask));
    expect(others.some((other) => other.choices[0]?.message.content !== text)).toBe(true);
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 6, distinct: 5 });
  });

  test("obey a schema", async () => {
    const { client } = await startForTest();
    const response_format = { type: "json_schema" as const, json_schema: { name: "grade", strict: true, schema } };
    const completion = await client.chat.completions.create({ model, messages: user("x"), response_format });
    const answer = JSON.parse(completion.choices[0]?.message.content ?? "");
    expect(answer).toEqual({ score: expect.any(Number), reason: expect.any(String) });
    expect([1, 2, 3, 4, 5]).toContain(answer.score);
  });

  test("refuse a schema that cannot be followed, as the API does", async () => {
    const { client } = await startForTest();
    const json_schema = { name: "grade", schema: { $ref: "#/$defs/nothing" } };
    const asked = client.chat.completions.create({
      model,
      messages: user("x"),
      response_format: { type: "json_schema", json_schema },
    });
    await expect(asked).rejects.toThrow("Invalid schema for response_format 'grade'");
  });

  test("are cut at the token limit", async () => {
    const { client } = await startForTest();
    const cut = await client.chat.completions.create({ model, messages: user("x"), max_completion_tokens: 2 });
    expect(cut.choices[0]?.finish_reason).toBe("length");
    expect(cut.choices[0]?.message.content).toHaveLength(8);
    expect(cut.usage?.completion_tokens).toBe(2);
  });

  test.for([
    { body: { messages: user("x") }, param: "model" },
    { body: { model }, param: "messages" },
    { body: { model, messages: [] }, param: "messages" },
    { body: { model, messages: user("x"), stream: true }, param: "stream" },
    { body: { model, messages: [{ role: "user", content: 5 }] }, param: "messages[0].content" },
  ])("refuse a bad body: $param", async ({ body, param }) => {
    const { emulator } = await startForTest();
    const response = await fetch(`${emulator.url}/chat/completions`, { method: "POST", body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, type: "invalid_request_error" } });
  });
});

describe("responses", () => {
  test("answer, and obey a schema", async () => {
    const { client } = await startForTest();
    const plain = await client.responses.create({ model, input: "x", instructions: "be brief" });
    expect(plain).toMatchObject({ object: "response", status: "completed", error: null, incomplete_details: null });
    expect(plain.output_text.length).toBeGreaterThan(5);
    expect(plain.usage?.total_tokens).toBe((plain.usage?.input_tokens ?? 0) + (plain.usage?.output_tokens ?? 0));
    const format = { type: "json_schema" as const, name: "grade", strict: true, schema };
    const shaped = await client.responses.create({ model, input: user("x"), text: { format } });
    expect(Object.keys(JSON.parse(shaped.output_text))).toEqual(["score", "reason"]);
  });

  test("are incomplete when cut, and refuse when told to", async () => {
    const { client } = await startForTest();
    const cut = await client.responses.create({ model, input: "x", max_output_tokens: 1 });
    expect(cut).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    const refused = await client.responses.create({ model, input: "[[emulator:refuse]]" });
    expect(refused.output).toMatchObject([{ content: [{ type: "refusal" }] }]);
  });
});

describe("embeddings", () => {
  const embed = (client: OpenAI, input: string | string[] | number[], options = {}) =>
    client.embeddings.create({ model: "text-embedding-3-small", input, ...options });

  test("are unit vectors, the same for the same text, in both encodings", async () => {
    const { client } = await startForTest();
    const both = await embed(client, ["one", "two"], { encoding_format: "float" });
    expect(both.data.map((item) => item.index)).toEqual([0, 1]);
    expect(both.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
    for (const { embedding } of both.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
    const [one, two] = both.data;
    expect(one?.embedding).not.toEqual(two?.embedding);
    // The client asks for base64 when nothing is said, and decodes it.
    const again = (await embed(client, "one")).data[0]?.embedding ?? [];
    expect(again).toHaveLength(64);
    for (const [at, value] of again.entries()) expect(value).toBeCloseTo(one?.embedding[at] ?? Number.NaN, 6);
  });

  test("take tokens, and as many dimensions as asked for", async () => {
    const { client } = await startForTest();
    const found = await embed(client, [5, 6, 7], { dimensions: 7 });
    expect(found.data).toHaveLength(1);
    expect(found.data[0]?.embedding).toHaveLength(7);
    expect(found.usage.prompt_tokens).toBe(3);
  });
});

test("unknown models and paths are answered with 404", async () => {
  const { client, emulator } = await startForTest();
  const asked = client.chat.completions.create({ model: "no-such-model", messages: user("x") });
  await expect(asked).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  const response = await fetch(`${emulator.url}/nothing`);
  expect(response.status).toBe(404);
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
});
