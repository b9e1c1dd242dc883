import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { findDirectives } from "../../src/emulator/directives.ts";
import { answersOf, emulatorPage, line, resultLines, runBatch, startForTest } from "./support.ts";

const model = "gpt-5-mini";
const user = (content: string) => [{ role: "user" as const, content }];

test("findDirectives reads names, statuses and times, in order", () => {
  expect(findDirectives("no [[directive]]")).toEqual([]);
  expect(findDirectives("a [[emulator:status=429,times=2]] b [[emulator:refuse]]")).toEqual([
    { name: "status", status: 429, times: 2 },
    { name: "refuse", status: Number.NaN, times: Number.POSITIVE_INFINITY },
  ]);
});

test.for(["nonsense", "status", "status=200", "status=4290", "refuse=3", "status=500,times=x", ""])(
  "an unknown directive is refused: %s",
  (text) => {
    expect(() => findDirectives(`[[emulator:${text}]]`)).toThrow(`Unknown emulator directive '${text}'`);
  },
);

describe("live", () => {
  test("refusal, content filter and invalid answers", async () => {
    const { client } = await startForTest();
    const ask = async (text: string, more = {}) =>
      (await client.chat.completions.create({ model, messages: user(text), ...more })).choices[0];
    expect(await ask("[[emulator:refuse]]")).toMatchObject({
      finish_reason: "stop",
      message: { content: null, refusal: expect.stringContaining("sorry") },
    });
    expect(await ask("[[emulator:content_filter]]")).toMatchObject({ finish_reason: "content_filter" });
    const response_format = { type: "json_schema", json_schema: { name: "s", schema: { type: "object" } } };
    const invalid = await ask("[[emulator:invalid_answer]]", { response_format });
    expect(() => JSON.parse(invalid?.message.content ?? "")).toThrow();
  });

  test("an answer that is cut off has the first half of its tokens, and says why", async () => {
    const { client, emulator } = await startForTest();
    const whole = await client.chat.completions.create({ model, messages: user("[[emulator:cut_off,times=0]]") });
    const cut = await client.chat.completions.create({ model, messages: user("[[emulator:cut_off]]") });
    expect(whole.choices[0]?.finish_reason).toBe("stop");
    expect(cut.choices[0]?.finish_reason).toBe("length");
    const tokens = cut.usage?.completion_tokens ?? 0;
    expect(cut.choices[0]?.message.content?.length).toBe(tokens * 4);
    const response = await client.responses.create({ model, input: "[[emulator:cut_off]]" });
    expect(response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    const small = await client.chat.completions.create({
      model,
      messages: user("[[emulator:cut_off]]"),
      max_tokens: 1,
    });
    expect([small.choices[0]?.finish_reason, small.usage?.completion_tokens]).toEqual(["length", 1]);
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 4 });
  });

  test("only the user's text counts", async () => {
    const { client } = await startForTest();
    const others = ["system", "assistant"].map((role) => ({ role, content: "[[emulator:refuse]]" }));
    const messages = [...others, ...user("x")] as OpenAI.ChatCompletionMessageParam[];
    const completion = await client.chat.completions.create({ model, messages });
    expect(completion.choices[0]?.message.refusal).toBeNull();
  });

  test("a status for the first attempts only, counted over restarts, is not billed", async () => {
    const { client, emulator, directory } = await startForTest();
    const messages = user("[[emulator:status=429,times=2]]");
    const ask = (asked: typeof client) => asked.chat.completions.create({ model, messages });
    await expect(ask(client)).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    await emulator.close();
    const second = await startForTest({ directory });
    await expect(ask(second.client)).rejects.toMatchObject({ status: 429 });
    expect((await ask(second.client)).choices).toHaveLength(1);
    expect(await emulatorPage(second.emulator.url, "billing")).toMatchObject({ requests: 1 });
  });

  test("a lost answer is billed all the same", async () => {
    const { client, emulator } = await startForTest();
    const asked = client.chat.completions.create({ model, messages: user("[[emulator:lose]]") });
    await expect(asked).rejects.toThrow("Connection error");
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 1 });
  });
});

describe("asked again with a reason", () => {
  const schema = { type: "object", properties: { score: { type: "integer" } }, required: ["score"] };
  const again = (answer: string) => [
    { role: "assistant" as const, content: answer },
    { role: "user" as const, content: "That is no answer to what was asked. Answer again." },
  ];
  const isAnswer = (text: string) => /^\{"score":-?\d+\}$/.test(text);

  test.for([1, 2, 3])("chat: attempts go on being counted, %d of them in vain", async (times) => {
    const { client } = await startForTest();
    const response_format = { type: "json_schema" as const, json_schema: { name: "grade", schema } };
    let messages: OpenAI.ChatCompletionMessageParam[] = user(`[[emulator:invalid_answer,times=${times}]] q`);
    const answers: string[] = [];
    while (answers.length < 4) {
      const completion = await client.chat.completions.create({ model, messages, response_format });
      const answer = completion.choices[0]?.message.content ?? "";
      answers.push(answer);
      messages = [...messages, ...again(answer)];
    }
    expect(answers.map(isAnswer)).toEqual([1, 2, 3, 4].map((attempt) => attempt > times));
  });

  test("responses: the same, with the answer as a turn of the input", async () => {
    const { client } = await startForTest();
    const format = { type: "json_schema" as const, name: "grade", schema };
    const first = { role: "user" as const, content: "[[emulator:cut_off,times=1]] q" };
    const cut = await client.responses.create({ model, input: [first], text: { format } });
    expect([cut.status, isAnswer(cut.output_text)]).toEqual(["incomplete", false]);
    const input = [first, ...again(cut.output_text)];
    const whole = await client.responses.create({ model, input, text: { format } });
    expect([whole.status, isAnswer(whole.output_text)]).toEqual(["completed", true]);
  });

  test("in a batch, and in whatever order batches and live calls come", async () => {
    const { client } = await startForTest();
    const text = "[[emulator:status=500,times=2]] q";
    const longer = { model, messages: [...user(text), ...again("nonsense")] };
    expect((await runBatch(client, line("a", text))).request_counts).toMatchObject({ failed: 1 });
    await expect(client.chat.completions.create(longer)).rejects.toMatchObject({ status: 500 });
    expect((await runBatch(client, line("b", "", { body: longer }))).request_counts).toMatchObject({ completed: 1 });
  });

  test("attempts at another model, endpoint or text are others", async () => {
    const { client } = await startForTest();
    const text = "[[emulator:refuse,times=1]] q";
    const ask = async (asked: string, text: string) => {
      const completion = await client.chat.completions.create({ model: asked, messages: user(text) });
      return completion.choices[0]?.message.refusal !== null;
    };
    expect([await ask(model, text), await ask(model, text)]).toEqual([true, false]);
    expect([await ask("gpt-5", text), await ask(model, `${text}!`)]).toEqual([true, true]);
    const { output } = await client.responses.create({ model, input: text });
    expect(output).toMatchObject([{ content: [{ type: "refusal" }] }]);
  });
});

describe("in a batch", () => {
  test("a status for the first attempts at a body, in whatever batch", async () => {
    const { client } = await startForTest();
    const input = line("a", "[[emulator:status=503,times=2]]");
    for (const attempt of [1, 2]) {
      const batch = await runBatch(client, input);
      expect(await resultLines(client, batch.error_file_id), `attempt ${attempt}`).toMatchObject([
        { response: { status_code: 503, body: { error: { code: "server_is_overloaded" } } } },
      ]);
    }
    expect(await answersOf(client, await runBatch(client, input))).toHaveLength(1);
  });

  test("status 0, corrupt and lost lines", async () => {
    const { client, emulator } = await startForTest();
    const zero = line("zero", "[[emulator:status=0]]");
    const lost = line("lost", "[[emulator:lose]]");
    const batch = await runBatch(client, [zero, lost, line("good")].join("\n"));
    expect(await resultLines(client, batch.error_file_id)).toMatchObject([
      { custom_id: "zero", response: { status_code: 0, request_id: "", body: {} }, error: null },
    ]);
    expect((await answersOf(client, batch)).map(([id]) => id)).toEqual(["good"]);
    const corrupt = await runBatch(client, line("corrupt", "[[emulator:corrupt]]"));
    const text = await (await client.files.content(corrupt.output_file_id ?? "")).text();
    expect(text).toMatch(/^\{.*"corrupt".*\n$/);
    expect(() => JSON.parse(text)).toThrow();
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 3 });
  });

  test("an unknown directive fails its line", async () => {
    const { client } = await startForTest();
    const batch = await runBatch(client, line("a", "[[emulator:explode]]"));
    expect(await resultLines(client, batch.error_file_id)).toMatchObject([
      { response: { status_code: 400, body: { error: { code: "unknown_emulator_directive" } } } },
    ]);
  });
});
