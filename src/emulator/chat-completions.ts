import type { RequestBody } from "../core/records.ts";
import { type AnswerContext, type AnsweringEndpoint, type EndpointAnswer, userTextsOf } from "./answering.ts";
import { type AnswerFormat, type ComposedAnswer, composeAnswer } from "./composed-answer.ts";
import { badRequest, missingParameter } from "./errors.ts";
import { derivedId } from "./ids.ts";
import { SeededRandom } from "./random.ts";
import { parseRequest } from "./request-check.ts";
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
  return { usage, body: completion({ model: request.model, answers, usage, context }) };
}

function formatOf(request: ChatRequest): AnswerFormat {
  const format = request.response_format;
  if (format?.type === "json_object") return { kind: "json" };
  if (format?.type !== "json_schema") return { kind: "text" };
  if (format.json_schema === undefined) throw missingParameter("response_format.json_schema");
  const { name, schema } = format.json_schema;
  return { kind: "schema", name, schema, param: "response_format" };
}

interface Completion {
  readonly model: string;
  readonly answers: readonly ComposedAnswer[];
  readonly usage: UsageObject;
  readonly context: AnswerContext;
}

function completion({ model, answers, usage, context }: Completion) {
  return {
    id: derivedId("chatcmpl-", context.seed),
    object: "chat.completion",
    created: context.createdSeconds,
    model,
    choices: answers.map(choice),
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

function choice(composed: ComposedAnswer, index: number) {
  const content = composed.isRefusal ? null : composed.text;
  const refusal = composed.isRefusal ? composed.text : null;
  return {
    index,
    message: { role: "assistant", content, refusal, annotations: [] },
    logprobs: null,
    finish_reason: composed.finishReason,
  };
}
