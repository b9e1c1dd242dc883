import type { RenderedPrompt } from "../core/prompt.ts";
import type { RequestBody } from "../core/records.ts";
import type { ToolCall } from "../core/verdicts.ts";
import type { Endpoint, ModelAnswer, RequestSettings } from "./endpoint.ts";
import { withExtra } from "./extra.ts";
import { messagesTokens, messageTokens, TOKENS_OF_REPLY_START } from "./message-tokens.ts";
import { asList, asObject, asText, type JsonObject } from "./narrow.ts";
import { appendReply, removeReply } from "./replies.ts";
import { readUsage } from "./usage.ts";

/** `POST /v1/responses`. */
export const responses: Endpoint = {
  path: "/v1/responses",
  buildBody,
  promptTokens,
  answerSchema: ({ text }) => asObject(asObject(asObject(text)?.format)?.schema),
  withReply: (body, reply) => appendReply(body, "input", reply),
  withoutReply: (body) => removeReply(body, "input"),
  readAnswer,
};

function buildBody(prompt: RenderedPrompt, settings: RequestSettings): RequestBody {
  const { model, maxOutputTokens, temperature, schema, extra } = settings;
  const instructions = prompt.messages.filter((message) => message.role === "system");
  const body: RequestBody = {
    model,
    ...(instructions.length > 0 && { instructions: instructions.map((message) => message.content).join("\n\n") }),
    input: prompt.messages.filter((message) => message.role !== "system"),
    ...(schema && {
      text: {
        format: { type: "json_schema", name: schema.name, strict: schema.isStrict !== false, schema: schema.schema },
      },
    }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
  };
  return withExtra(body, extra);
}

/** The chat formula, with `instructions` as a system message and a bare text input as a user message. */
function promptTokens(body: RequestBody, count: (text: string) => number): number {
  let tokens = TOKENS_OF_REPLY_START;
  if (typeof body.instructions === "string") {
    tokens += messageTokens({ role: "system", content: body.instructions }, count);
  }
  if (typeof body.input === "string") return tokens + messageTokens({ role: "user", content: body.input }, count);
  return tokens + messagesTokens(asList(body.input), count);
}

function readAnswer(value: unknown): ModelAnswer | undefined {
  const body = asObject(value);
  if (body === undefined || !Array.isArray(body.output)) return undefined;
  const { text, refusal, logprobs } = readOutput(body.output);
  const toolCalls = readToolCalls(body.output);
  const model = asText(body.model);
  const usage = readUsage(body.usage, "input", "output");
  return {
    finishReason: toolCalls.length > 0 && body.status === "completed" ? "tool_calls" : readFinishReason(body),
    ...(text !== undefined && { text }),
    ...(refusal !== undefined && { refusal }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(model !== undefined && { model }),
    ...(usage && { usage }),
  };
}

interface Output {
  readonly text: string | undefined;
  readonly refusal: string | undefined;
  readonly logprobs: readonly unknown[];
}

/** The texts and refusals of all messages in the output, joined; reasoning and tool calls are other items. */
function readOutput(output: readonly unknown[]): Output {
  let text: string | undefined;
  let refusal: string | undefined;
  const logprobs: unknown[] = [];
  for (const item of output) {
    const message = asObject(item);
    if (message?.type !== "message") continue;
    for (const content of asList(message.content)) {
      const part = asObject(content);
      if (part?.type === "output_text" && typeof part.text === "string") text = (text ?? "") + part.text;
      if (part?.type === "output_text") logprobs.push(...asList(part.logprobs));
      if (part?.type === "refusal" && typeof part.refusal === "string") refusal = (refusal ?? "") + part.refusal;
    }
  }
  return { text, refusal, logprobs };
}

/** Calls of functions, and of custom tools, whose input is any text. */
function readToolCalls(output: readonly unknown[]): readonly ToolCall[] {
  return output.flatMap((item) => {
    const call = asObject(item);
    if (call?.type !== "function_call" && call?.type !== "custom_tool_call") return [];
    const name = asText(call.name);
    return name === undefined ? [] : [{ name, arguments: asText(call.arguments) ?? asText(call.input) ?? "" }];
  });
}

function readFinishReason(body: JsonObject): ModelAnswer["finishReason"] {
  if (body.status === "completed") return "stop";
  if (body.status !== "incomplete") return "other";
  const reason = asObject(body.incomplete_details)?.reason;
  if (reason === "max_output_tokens") return "length";
  return reason === "content_filter" ? "content_filter" : "other";
}
