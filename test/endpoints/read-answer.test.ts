import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import { responses } from "../../src/endpoints/responses.ts";

describe("chat completions", () => {
  const body = (message: unknown, finish_reason: unknown = "stop") => ({
    id: "chatcmpl-1",
    model: "gpt-4.1-mini-2025-04-14",
    choices: [{ index: 0, message, finish_reason, logprobs: null }],
    usage: {
      prompt_tokens: 20,
      completion_tokens: 9,
      total_tokens: 29,
      prompt_tokens_details: { cached_tokens: 5, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 4 },
    },
    service_tier: "default",
  });

  test("an answer", () => {
    expect(chatCompletions.readAnswer(body({ role: "assistant", content: "Hi", refusal: null }))).toStrictEqual({
      text: "Hi",
      finishReason: "stop",
      model: "gpt-4.1-mini-2025-04-14",
      usage: { input: 20, cached: 5, output: 9, reasoning: 4 },
    });
  });

  test("a refusal", () => {
    const answer = chatCompletions.readAnswer(body({ role: "assistant", content: null, refusal: "No." }));
    expect(answer).toMatchObject({ refusal: "No.", finishReason: "stop" });
    expect(answer).not.toHaveProperty("text");
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "tool_calls"],
    ["function_call", "other"],
    [null, "other"],
  ])("finish reason %j is %s", (theirs, ours) => {
    expect(chatCompletions.readAnswer(body({ content: "x" }, theirs))?.finishReason).toBe(ours);
  });

  test("tool calls, of functions and of custom tools, with what is said beside them", () => {
    const tool_calls = [
      { id: "call_1", type: "function", function: { name: "set_score", arguments: '{"score":5}' } },
      { id: "call_2", type: "custom", custom: { name: "note", input: "any text" } },
      { id: "call_3", type: "unknown" },
    ];
    const answer = chatCompletions.readAnswer(body({ content: "So:", tool_calls }, "tool_calls"));
    expect(answer).toMatchObject({
      text: "So:",
      finishReason: "tool_calls",
      toolCalls: [
        { name: "set_score", arguments: '{"score":5}' },
        { name: "note", arguments: "any text" },
      ],
    });
    expect(chatCompletions.readAnswer(body({ content: "x", tool_calls: [] }))).not.toHaveProperty("toolCalls");
  });

  test("log probabilities are those of the content, as they came", () => {
    const content = [{ token: "Hi", logprob: -0.1, bytes: [72, 105], top_logprobs: [] }];
    const { choices, ...rest } = body({ content: "Hi" });
    const logprobs = { content, refusal: null };
    expect(chatCompletions.readAnswer({ ...rest, choices: [{ ...choices[0], logprobs }] })?.logprobs).toEqual(content);
    expect(chatCompletions.readAnswer(body({ content: "Hi" }))).not.toHaveProperty("logprobs");
  });

  test("content in parts is joined", () => {
    const content = [{ type: "text", text: "a" }, { type: "other" }, { type: "text", text: "b" }];
    expect(chatCompletions.readAnswer(body({ content }))?.text).toBe("ab");
  });

  test.each([
    [{ prompt_tokens: 1 }],
    [{ prompt_tokens: -1, completion_tokens: 2 }],
    [{ prompt_tokens: "1", completion_tokens: 2 }],
    [null],
  ])("usage %j is no usage", (usage) => {
    expect(chatCompletions.readAnswer({ ...body({ content: "x" }), usage })).not.toHaveProperty("usage");
  });

  test("usage without details has no cached and no reasoning tokens", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    const answer = chatCompletions.readAnswer({ ...body({ content: "x" }), usage });
    expect(answer?.usage).toStrictEqual({ input: 1, cached: 0, output: 2, reasoning: 0 });
  });

  test.each([[{}], [{ choices: [] }], [{ choices: [{}] }], [{ error: { message: "x" } }]])("%j is none", (other) => {
    expect(chatCompletions.readAnswer(other)).toBeUndefined();
  });
});

describe("responses", () => {
  const body = (output: unknown[], rest: object = { status: "completed" }) => ({
    id: "resp_1",
    object: "response",
    model: "gpt-5-2025-08-07",
    output,
    usage: {
      input_tokens: 20,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 29,
    },
    ...rest,
  });
  const message = (...content: unknown[]) => ({ type: "message", role: "assistant", content });

  test("the texts of all messages are joined, reasoning is left out", () => {
    const output = [
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "hmm" }],
        content: [{ type: "output_text", text: "?" }],
      },
      message({ type: "output_text", text: "a", annotations: [] }, { type: "output_text", text: "b" }),
      message({ type: "output_text", text: "c" }),
    ];
    expect(responses.readAnswer(body(output))).toStrictEqual({
      text: "abc",
      finishReason: "stop",
      model: "gpt-5-2025-08-07",
      usage: { input: 20, cached: 5, output: 9, reasoning: 4 },
    });
  });

  test("a refusal", () => {
    const answer = responses.readAnswer(body([message({ type: "refusal", refusal: "No." })]));
    expect(answer).toMatchObject({ refusal: "No." });
    expect(answer).not.toHaveProperty("text");
  });

  test.each([
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter"],
    [{ status: "incomplete", incomplete_details: null }, "other"],
    [{ status: "failed", error: { code: "server_error", message: "x" } }, "other"],
  ])("%j ends as %s", (rest, ours) => {
    expect(responses.readAnswer(body([], rest))?.finishReason).toBe(ours);
  });
});

describe("embeddings", () => {
  const body = (embedding: unknown) => ({
    object: "list",
    data: [{ object: "embedding", index: 0, embedding }],
    model: "text-embedding-3-small",
    usage: { prompt_tokens: 8, total_tokens: 8 },
  });

  test("numbers", () => {
    expect(embeddings.readAnswer(body([0.5, -1]))).toStrictEqual({
      embedding: [0.5, -1],
      finishReason: "stop",
      model: "text-embedding-3-small",
      usage: { input: 8, cached: 0, output: 0, reasoning: 0 },
    });
  });

  test("base64 of 32-bit floats", () => {
    const base64 = Buffer.from(new Float32Array([0.5, -1]).buffer).toString("base64");
    expect(embeddings.readAnswer(body(base64))?.embedding).toStrictEqual([0.5, -1]);
  });

  test.each([["abc"], [[1, "2"]], [null], [""]])("%j is none", (embedding) => {
    expect(embeddings.readAnswer(body(embedding))).toBeUndefined();
  });
});

test("no body crashes a reader", () => {
  const part = fc.jsonValue({ maxDepth: 3 });
  const bodies = fc.oneof(
    part,
    fc.record({ choices: fc.array(fc.record({ message: part, finish_reason: part })), usage: part, model: part }),
    fc.record({ output: fc.array(fc.record({ type: fc.constant("message"), content: part })), usage: part }),
    fc.record({ data: fc.array(fc.record({ embedding: part })), usage: part }),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      for (const endpoint of [chatCompletions, responses, embeddings]) endpoint.readAnswer(body);
    }),
  );
});
