import type { RequestBody } from "../core/records.ts";
import { load } from "../core/registry.ts";
import { endpoints } from "../endpoints/index.ts";
import { tokenizers } from "../tokens/index.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { EndpointPath, UsageObject } from "./wire.ts";

/** Counts a text's tokens as a model does. */
export type CountTokens = (model: string, text: string) => number;

/** Counts what one model's requests and answers take at one endpoint. */
export interface TokenMeter {
  count(text: string): number;
  promptTokens(body: RequestBody): number;
}

/** Makes meters, with the real tokenizers unless the caller brings a counter. Loads each encoding once. */
export class TokenMeters {
  readonly #countTokens: CountTokens | undefined;
  readonly #tokenizers = new Map<string, Promise<Tokenizer>>();

  constructor(countTokens: CountTokens | undefined) {
    this.#countTokens = countTokens;
  }

  async create(path: EndpointPath, model: string): Promise<TokenMeter> {
    const endpoint = await load("endpoint", endpoints, path);
    const counter = new RememberingCounter(await this.#counterOf(model));
    const count = (text: string) => counter.count(text);
    return { count, promptTokens: (body) => endpoint.promptTokens(body, count) };
  }

  async #counterOf(model: string): Promise<(text: string) => number> {
    const countTokens = this.#countTokens;
    if (countTokens !== undefined) return (text) => countTokens(model, text);
    const encoding = CL100K_MODELS.test(model) ? "cl100k_base" : "o200k_base";
    const known = this.#tokenizers.get(encoding) ?? load<Tokenizer>("encoding", tokenizers, encoding);
    this.#tokenizers.set(encoding, known);
    const tokenizer = await known;
    return (text) => tokenizer.count(text);
  }
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

const SLOTS = 64;
const REMEMBERED_LENGTH = 16_384;

/**
 * Remembers texts that may come again, as the system message of a batch does on every line: one text per slot, the
 * later pushing out the earlier. Not a Map with the oldest deleted: its outgrown tables point at their successors, so
 * that a dead old one keeps all that follow from being collected young (measured: 150 MB over a batch of 200 MB).
 */
class RememberingCounter {
  readonly #count: (text: string) => number;
  readonly #texts = Array.from({ length: SLOTS }, () => "");
  readonly #tokens = new Uint32Array(SLOTS);

  constructor(count: (text: string) => number) {
    this.#count = count;
  }

  count(text: string): number {
    if (text.length > REMEMBERED_LENGTH || text === "") return this.#count(text);
    const slot = slotOf(text);
    if (this.#texts[slot] !== text) {
      this.#tokens[slot] = this.#count(text);
      this.#texts[slot] = text;
    }
    return this.#tokens[slot] ?? 0;
  }
}

/** By the length and a few characters: cheaper than the whole, and different enough. */
function slotOf(text: string): number {
  const { length } = text;
  const sum = length * 31 + text.charCodeAt(length >> 1) * 7 + text.charCodeAt(length - 1) * 3 + text.charCodeAt(0);
  return sum % SLOTS;
}
