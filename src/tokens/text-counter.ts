import type { Tokenizer } from "./tokenizer.ts";

const MAX_KNOWN_TEXTS = 64;
const MAX_WATCHED_TEXTS = 16;
/** Characters. */
const MAX_KNOWN_LENGTH = 100_000;

/** Counts texts, and those that come with every row (the system prompt, the roles) but once. */
export class TextCounter {
  readonly #tokenizer: Tokenizer;
  readonly #known = new Map<string, number>();
  #previous = new Set<string>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The number of tokens in a text. It is remembered when the text is seen a second time within a few counts of the first. */
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
