import type { RequestBody } from "../core/records.ts";
import { type AnswerContext, type AnsweringEndpoint, type EndpointAnswer, userTextsOf } from "./answering.ts";
import { type AnswerFormat, type ComposedAnswer, composeAnswer } from "./composed-answer.ts";
import { badRequest } from "./errors.ts";
import { derivedId } from "./ids.ts";
import { logprobsOf } from "./logprobs.ts";
import { SeededRandom } from "./random.ts";
import { parseRequest } from "./request-check.ts";
import { callFormat } from "./tool-calls.ts";
import { usageOf } from "./usage.ts";
import { type ResponsesRequest, responsesRequest, type UsageObject } from "./wire.ts";

/** `POST /v1/responses`. */
export const responses: AnsweringEndpoint = { answer };

function answer(body: RequestBody, context: AnswerContext): EndpointAnswer {
  const request = parseRequest(responsesRequest, body);
  if (request.stream === true) throw badRequest("unsupported_value", "The emulator does not stream.", "stream");
  const { input } = request;
  const composed = composeAnswer({
    format: formatOf(request),
    random: new SeededRandom(context.seed),
    maxTokens: request.max_output_tokens ?? undefined,
    effect: context.effectOf(typeof input === "string" ? [input] : userTextsOf(input)),
    meter: context.meter,
  });
  const usage = usageOf(context.meter.promptTokens(body), composed.tokens);
  return { usage, body: response({ request, composed, usage, context }) };
}

function formatOf(request: ResponsesRequest): AnswerFormat {
  const call = callFormat(request.tools, request.tool_choice);
  if (call !== undefined) return call;
  const format = request.text?.format;
  if (format?.type === "json_object") return { kind: "json" };
  if (format?.type !== "json_schema") return { kind: "text" };
  return { kind: "schema", name: format.name ?? "", schema: format.schema, param: "text.format.schema" };
}

interface Response {
  readonly request: ResponsesRequest;
  readonly composed: ComposedAnswer;
  readonly usage: UsageObject;
  readonly context: AnswerContext;
}

/** The response object with every field the API always sends. */
function response({ request, composed, usage, context }: Response) {
  const isWhole = composed.finishReason === "stop";
  const reason = composed.finishReason === "length" ? "max_output_tokens" : "content_filter";
  const status = isWhole ? "completed" : "incomplete";
  return {
    id: derivedId("resp_", context.seed),
    object: "response",
    created_at: context.createdSeconds,
    status,
    background: false,
    error: null,
    incomplete_details: isWhole ? null : { reason },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    model: request.model,
    output: [outputItem(composed, { status, context, withLogprobs: includesLogprobs(request) })],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: "default",
    store: true,
    temperature: request.temperature ?? 1,
    text: { format: { type: "text" }, ...request.text },
    tool_choice: "auto",
    tools: [],
    top_logprobs: 0,
    top_p: request.top_p ?? 1,
    truncation: "disabled",
    usage,
    user: null,
    metadata: request.metadata ?? {},
  };
}

function includesLogprobs({ include }: ResponsesRequest): boolean {
  return Array.isArray(include) && include.includes("message.output_text.logprobs");
}

interface ItemParts {
  readonly status: string;
  readonly context: AnswerContext;
  readonly withLogprobs: boolean;
}

function outputItem(composed: ComposedAnswer, { status, context, withLogprobs }: ItemParts) {
  const { text, call } = composed;
  if (call !== undefined) {
    const ids = { id: derivedId("fc_", context.seed), call_id: derivedId("call_", context.seed) };
    return { ...ids, type: "function_call", status, name: call, arguments: text };
  }
  const logprobs = withLogprobs ? logprobsOf(text, context.seed) : [];
  const content = composed.isRefusal
    ? { type: "refusal", refusal: text }
    : { type: "output_text", text, annotations: [], logprobs };
  return { id: derivedId("msg_", context.seed), type: "message", status, role: "assistant", content: [content] };
}
