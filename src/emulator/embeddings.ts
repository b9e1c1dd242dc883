import type { RequestBody } from "../core/records.ts";
import type { AnswerContext, AnsweringEndpoint, EndpointAnswer } from "./answering.ts";
import { SeededRandom } from "./random.ts";
import { parseRequest } from "./request-check.ts";
import { usageOf } from "./usage.ts";
import { type EmbeddingsRequest, embeddingsRequest } from "./wire.ts";

/** `POST /v1/embeddings`. */
export const embeddings: AnsweringEndpoint = { answer };

/** Dimensions where the request names none; the real models have 1536 and more. */
const DEFAULT_DIMENSIONS = 64;
/** Floats are written with this many decimals at most. */
const PRECISION = 1e8;

function answer(body: RequestBody, context: AnswerContext): EndpointAnswer {
  const request = parseRequest(embeddingsRequest, body);
  const inputs = inputsOf(request.input);
  context.effectOf(inputs.filter((input) => typeof input === "string"));
  const dimensions = request.dimensions ?? DEFAULT_DIMENSIONS;
  const tokens = context.meter.promptTokens(body);
  const data = inputs.map((input, index) => {
    const vector = unitVector(`${request.model}\n${JSON.stringify(input)}`, dimensions);
    return { object: "embedding", index, embedding: request.encoding_format === "base64" ? base64(vector) : vector };
  });
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { usage: usageOf(tokens, 0), body: { object: "list", data, model: request.model, usage } };
}

/** One entry per vector: a text, or a list of token numbers. */
function inputsOf(input: EmbeddingsRequest["input"]): readonly (string | readonly number[])[] {
  if (typeof input === "string") return [input];
  const isTokens = (items: readonly unknown[]): items is number[] => typeof items[0] === "number";
  return isTokens(input) ? [input] : input;
}

/** A vector of length 1 that only the seed decides. */
function unitVector(seed: string, dimensions: number): number[] {
  const random = new SeededRandom(seed);
  const vector = Array.from({ length: dimensions }, () => random.next() - 0.5);
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => Math.round((value / length) * PRECISION) / PRECISION);
}

/** 32-bit floats, little-endian. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
