import type { RequestBody } from "../core/records.ts";
import { load } from "../core/registry.ts";
import { endpoints } from "../endpoints/index.ts";
import { tokenizers } from "../tokens/index.ts";
import type { EndpointPath, UsageObject } from "./wire.ts";

/** Counts a text's tokens as a model does. */
export type CountTokens = (model: string, text: string) => number;

/** Counts what one model's requests and answers take at one endpoint. */
export interface TokenMeter {
  count(text: string): number;
  promptTokens(body: RequestBody): number;
}

/** Makes a meter; the real tokenizer's, unless the caller brings a counter. */
export async function createMeter(path: EndpointPath, model: string, countTokens?: CountTokens): Promise<TokenMeter> {
  const endpoint = await load("endpoint", endpoints, path);
  const counter = new RememberingCounter(
    countTokens === undefined ? await tokenizerCount(model) : (text) => countTokens(model, text),
  );
  const count = (text: string) => counter.count(text);
  return { count, promptTokens: (body) => endpoint.promptTokens(body, count) };
}

/** Usage as the Responses API and batch objects spell it. Nothing is cached or reasoned about here. */
export function usageOf(inputTokens: number, outputTokens: number): UsageObject {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

/** The sum of two usages. */
export function addUsage(a: UsageObject, b: UsageObject): UsageObject {
  return usageOf(a.input_tokens + b.input_tokens, a.output_tokens + b.output_tokens);
}

/** Models before gpt-4o, and embeddings, by their names at OpenAI. */
const CL100K_MODELS = /^(?:ft:)?(?:gpt-4(?:-|$)|gpt-3\.5|text-embedding-)/;

async function tokenizerCount(model: string): Promise<(text: string) => number> {
  const encoding = CL100K_MODELS.test(model) ? "cl100k_base" : "o200k_base";
  const tokenizer = await load("encoding", tokenizers, encoding);
  return (text) => tokenizer.count(text);
}

const REMEMBERED_TEXTS = 64;
const REMEMBERED_LENGTH = 16_384;

/** Remembers the last texts seen again: a batch repeats its system message on every line. */
class RememberingCounter {
  readonly #count: (text: string) => number;
  readonly #known = new Map<string, number>();

  constructor(count: (text: string) => number) {
    this.#count = count;
  }

  count(text: string): number {
    if (text.length > REMEMBERED_LENGTH) return this.#count(text);
    const tokens = this.#known.get(text) ?? this.#count(text);
    this.#known.delete(text);
    this.#known.set(text, tokens);
    if (this.#known.size > REMEMBERED_TEXTS) this.#forgetOldest();
    return tokens;
  }

  #forgetOldest(): void {
    for (const text of this.#known.keys()) {
      this.#known.delete(text);
      return;
    }
  }
}
