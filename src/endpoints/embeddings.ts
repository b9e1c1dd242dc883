import { ConfigurationError } from "../core/errors.ts";
import type { RenderedPrompt } from "../core/prompt.ts";
import type { RequestBody } from "../core/records.ts";
import type { Endpoint, ModelAnswer, RequestSettings } from "./endpoint.ts";
import { withExtra } from "./extra.ts";
import { asCount, asList, asObject, asText } from "./narrow.ts";

/** `POST /v1/embeddings`. The input is the user message; there is nothing else to say to an embedding model. */
export const embeddings: Endpoint = {
  path: "/v1/embeddings",
  buildBody,
  promptTokens,
  readAnswer,
};

function buildBody(prompt: RenderedPrompt, settings: RequestSettings): RequestBody {
  refuseAnswerSettings(settings);
  const [message, ...others] = prompt.messages;
  if (message?.role !== "user" || others.length > 0) {
    throw new ConfigurationError("an embedding is made of one user message, and this prompt has more", {
      hint: "Leave out the system message and the examples, or use another --endpoint.",
    });
  }
  return withExtra({ model: settings.model, input: message.content }, settings.extra);
}

/** An embedding has no answer text that these settings could shape. */
function refuseAnswerSettings(settings: RequestSettings): void {
  const { schema, temperature, maxOutputTokens } = settings;
  const given =
    (schema && "a schema") ??
    (temperature !== undefined ? "a temperature" : undefined) ??
    (maxOutputTokens !== undefined ? "a limit on output tokens" : undefined);
  if (given === undefined) return;
  throw new ConfigurationError(`${given} makes no sense for /v1/embeddings`, {
    hint: "Leave it out, or use /v1/chat/completions or /v1/responses as --endpoint.",
  });
}

function promptTokens(body: RequestBody, count: (text: string) => number): number {
  return inputTokens(body.input, count);
}

/** An input is a text, an array of texts, an array of token numbers, or an array of such arrays. */
function inputTokens(input: unknown, count: (text: string) => number): number {
  if (typeof input === "string") return count(input);
  let tokens = 0;
  for (const item of asList(input)) {
    if (typeof item === "string") tokens += count(item);
    else tokens += Array.isArray(item) ? item.length : 1;
  }
  return tokens;
}

function readAnswer(value: unknown): ModelAnswer | undefined {
  const body = asObject(value);
  const embedding = readVector(asObject(asList(body?.data)[0])?.embedding);
  if (body === undefined || embedding === undefined) return undefined;
  const model = asText(body.model);
  const input = asCount(asObject(body.usage)?.prompt_tokens);
  return {
    embedding,
    finishReason: "stop",
    ...(model !== undefined && { model }),
    ...(input !== undefined && { usage: { input, cached: 0, output: 0, reasoning: 0 } }),
  };
}

/** Numbers, or with `encoding_format: base64` the bytes of little-endian 32-bit floats. */
function readVector(value: unknown): readonly number[] | undefined {
  if (typeof value === "string") return decodeVector(value);
  return Array.isArray(value) && value.every((item) => typeof item === "number") ? value : undefined;
}

function decodeVector(base64: string): readonly number[] | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
