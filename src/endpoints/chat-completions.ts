import type { RenderedPrompt } from "../core/prompt.ts";
import type { RequestBody } from "../core/records.ts";
import type { ToolCall } from "../core/verdicts.ts";
import type { AnswerSchema, Endpoint, ModelAnswer, RequestSettings } from "./endpoint.ts";
import { withExtra } from "./extra.ts";
import { messagesTokens, TOKENS_OF_REPLY_START } from "./message-tokens.ts";
import { asList, asObject, asText } from "./narrow.ts";
import { appendReply, removeReply } from "./replies.ts";
import { readUsage } from "./usage.ts";

/** `POST /v1/chat/completions`. */
export const chatCompletions: Endpoint = {
  path: "/v1/chat/completions",
  buildBody,
  promptTokens,
  answerSchema: ({ response_format: format }) => asObject(asObject(asObject(format)?.json_schema)?.schema),
  withReply: (body, reply) => appendReply(body, "messages", reply),
  withoutReply: (body) => removeReply(body, "messages"),
  readAnswer,
};

function buildBody(prompt: RenderedPrompt, settings: RequestSettings): RequestBody {
  const { model, maxOutputTokens, temperature, schema, extra } = settings;
  const body: RequestBody = {
    model,
    messages: prompt.messages,
    ...(schema && { response_format: responseFormat(schema) }),
    ...(maxOutputTokens !== undefined && { max_completion_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
  };
  return withExtra(body, extra);
}

function responseFormat({ name, schema, isStrict = true }: AnswerSchema) {
  return { type: "json_schema", json_schema: { name, strict: isStrict, schema } };
}

function promptTokens(body: RequestBody, count: (text: string) => number): number {
  return messagesTokens(asList(body.messages), count) + TOKENS_OF_REPLY_START;
}

function readAnswer(value: unknown): ModelAnswer | undefined {
  const body = asObject(value);
  const choice = asObject(asList(body?.choices)[0]);
  const message = asObject(choice?.message);
  if (body === undefined || choice === undefined || message === undefined) return undefined;
  const text = readContent(message.content);
  const refusal = asText(message.refusal);
  const model = asText(body.model);
  const usage = readUsage(body.usage, "prompt", "completion");
  const toolCalls = readToolCalls(message.tool_calls);
  const logprobs = asObject(choice.logprobs)?.content;
  return {
    finishReason: readFinishReason(choice.finish_reason),
    ...(text !== undefined && { text }),
    ...(refusal !== undefined && { refusal }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(Array.isArray(logprobs) && { logprobs }),
    ...(model !== undefined && { model }),
    ...(usage && { usage }),
  };
}

/** A text, or what a few compatible providers send instead: an array of text parts. */
function readContent(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((part) => asText(asObject(part)?.text) ?? "").join("");
}

/** Calls of functions, and of custom tools, whose input is any text. */
function readToolCalls(calls: unknown): readonly ToolCall[] {
  return asList(calls).flatMap((item) => {
    const { function: called, custom } = asObject(item) ?? {};
    const call = asObject(called) ?? asObject(custom);
    const name = asText(call?.name);
    return name === undefined ? [] : [{ name, arguments: asText(call?.arguments) ?? asText(call?.input) ?? "" }];
  });
}

function readFinishReason(reason: unknown): ModelAnswer["finishReason"] {
  return FINISH_REASONS.find((known) => known === reason) ?? "other";
}

const FINISH_REASONS = ["stop", "length", "content_filter", "tool_calls"] as const;
