import type { RequestBody } from "../core/records.ts";
import { type AnswerContext, type AnsweringEndpoint, type EndpointAnswer, userTextsOf } from "./answering.ts";
import { type AnswerFormat, type ComposedAnswer, composeAnswer } from "./composed-answer.ts";
import { badRequest, missingParameter } from "./errors.ts";
import { derivedId } from "./ids.ts";
import { logprobsOf } from "./logprobs.ts";
import { SeededRandom } from "./random.ts";
import { parseRequest } from "./request-check.ts";
import { callFormat } from "./tool-calls.ts";
import { usageOf } from "./usage.ts";
import { type ChatRequest, chatRequest, type UsageObject } from "./wire.ts";

/** `POST /v1/chat/completions`. */
export const chatCompletions: AnsweringEndpoint = { answer };

function answer(body: RequestBody, context: AnswerContext): EndpointAnswer {
  const request = parseRequest(chatRequest, body);
  if (request.stream === true) throw badRequest("unsupported_value", "The emulator does not stream.", "stream");
  const effect = context.effectOf(userTextsOf(request.messages));
  const answers = Array.from({ length: request.n ?? 1 }, (_, index) =>
    composeAnswer({
      format: formatOf(request),
      random: new SeededRandom(`${context.seed}\n${index}`),
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      effect,
      meter: context.meter,
    }),
  );
  const outputTokens = answers.reduce((sum, one) => sum + one.tokens, 0);
  const usage = usageOf(context.meter.promptTokens(body), outputTokens);
  return { usage, body: completion({ request, answers, usage, context }) };
}

function formatOf(request: ChatRequest): AnswerFormat {
  const call = callFormat(request.tools, request.tool_choice);
  if (call !== undefined) return call;
  const format = request.response_format;
  if (format?.type === "json_object") return { kind: "json" };
  if (format?.type !== "json_schema") return { kind: "text" };
  if (format.json_schema === undefined) throw missingParameter("response_format.json_schema");
  const { name, schema } = format.json_schema;
  return { kind: "schema", name, schema, param: "response_format" };
}

interface Completion {
  readonly request: ChatRequest;
  readonly answers: readonly ComposedAnswer[];
  readonly usage: UsageObject;
  readonly context: AnswerContext;
}

function completion({ request, answers, usage, context }: Completion) {
  const seed = request.logprobs === true ? context.seed : undefined;
  return {
    id: derivedId("chatcmpl-", context.seed),
    object: "chat.completion",
    created: context.createdSeconds,
    model: request.model,
    choices: answers.map((composed, index) => choice(composed, { index, context, seed })),
    usage: {
      prompt_tokens: usage.input_tokens,
      completion_tokens: usage.output_tokens,
      total_tokens: usage.total_tokens,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: "default",
    system_fingerprint: "fp_emulator",
  };
}

interface ChoiceParts {
  readonly index: number;
  readonly context: AnswerContext;
  /** What log probabilities are made from, where they were asked for. */
  readonly seed: string | undefined;
}

function choice({ text, call, isRefusal, finishReason }: ComposedAnswer, { index, context, seed }: ChoiceParts) {
  const content = isRefusal || call !== undefined ? null : text;
  const refusal = isRefusal ? text : null;
  const said = { role: "assistant", content, refusal, annotations: [] };
  const id = derivedId("call_", `${context.seed}\n${index}`);
  const called = call && { tool_calls: [{ id, type: "function", function: { name: call, arguments: text } }] };
  return {
    index,
    message: { ...said, ...called },
    logprobs: seed === undefined || content === null ? null : { content: logprobsOf(content, seed), refusal: null },
    finish_reason: call !== undefined && finishReason === "stop" ? "tool_calls" : finishReason,
  };
}
