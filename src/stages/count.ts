import type { RequestRow } from "../core/records.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";

export interface CountOptions {
  readonly tokenizer: Tokenizer;
  readonly endpoint: Endpoint;
  /** The model's context window in tokens; a request with more is a failed row. Undefined when it is not known. */
  readonly contextWindow: number | undefined;
}

/** The count stage: each request with its estimated input tokens. */
export function createCount(options: CountOptions): (rows: readonly RequestRow[]) => readonly RequestRow[] {
  const counter = new TextCounter(options.tokenizer);
  return (rows) => rows.map((row) => countRow(row, options, counter));
}

function countRow(row: RequestRow, { endpoint, contextWindow }: CountOptions, counter: TextCounter): RequestRow {
  if (!("request" in row)) return row;
  const tokens = endpoint.promptTokens(row.request.body, (text) => counter.count(text));
  if (contextWindow !== undefined && tokens > contextWindow) {
    const message = `the request has ${tokens} tokens, the model's context window holds ${contextWindow}`;
    return { row: row.row, failure: { code: "too_long", message } };
  }
  return { row: row.row, request: { ...row.request, tokens } };
}

/** Texts that come with every row (the system prompt, the roles) are counted once. */
class TextCounter {
  readonly #tokenizer: Tokenizer;
  readonly #known = new Map<string, number>();
  #previous = new Set<string>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** A text is remembered when it is seen a second time within a few counts of the first. */
  count(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const tokens = this.#tokenizer.count(text);
    if (this.#previous.has(text)) this.#remember(text, tokens);
    else this.#watch(text);
    return tokens;
  }

  #remember(text: string, tokens: number): void {
    if (this.#known.size < MAX_KNOWN_TEXTS && text.length < MAX_KNOWN_LENGTH) this.#known.set(text, tokens);
  }

  #watch(text: string): void {
    if (text.length >= MAX_KNOWN_LENGTH) return;
    if (this.#previous.size >= MAX_WATCHED_TEXTS) this.#previous = new Set();
    this.#previous.add(text);
  }
}

const MAX_KNOWN_TEXTS = 64;
const MAX_WATCHED_TEXTS = 16;
/** Characters. */
const MAX_KNOWN_LENGTH = 100_000;
