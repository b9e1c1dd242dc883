import { load } from "../../src/core/registry.ts";
import { tokenizers } from "../../src/tokens/index.ts";

/** A way to count tokens. */
export interface Counter {
  readonly name: string;
  /** CPU time that loading took. */
  readonly loadMs: number;
  count(text: string): number;
}

export const ENCODINGS = ["o200k_base", "cl100k_base"] as const;
export type EncodingName = (typeof ENCODINGS)[number];

/** Ours, and the others. */
export interface Counters {
  readonly ours: Counter;
  readonly others: readonly Counter[];
  /** tiktoken's own code, which says what is right; one of the others. */
  readonly oracle: Counter;
}

/** Loads all counters of one encoding. Text that looks like a special token is text to all of them. */
export async function loadCounters(encoding: EncodingName): Promise<Counters> {
  const ours = await timed("ours", async () => {
    const tokenizer = await load("tokenizer", tokenizers, encoding);
    return (text) => tokenizer.count(text);
  });
  const js = await timed("js-tiktoken", async () => {
    const { getEncoding } = await import("js-tiktoken");
    const tokenizer = getEncoding(encoding);
    return (text) => tokenizer.encode(text, [], []).length;
  });
  const oracle = await timed("WASM", async () => {
    const { get_encoding } = await import("tiktoken");
    const tokenizer = get_encoding(encoding);
    return (text) => tokenizer.encode_ordinary(text.toWellFormed()).length;
  });
  const gpt = await timed("gpt-tokenizer", () => loadGptTokenizer(encoding));
  const ai = await timed("ai-tokenizer", () => loadAiTokenizer(encoding));
  return { ours, others: [js, oracle, gpt, ai], oracle };
}

async function loadGptTokenizer(encoding: EncodingName): Promise<Counter["count"]> {
  const { countTokens } =
    encoding === "o200k_base"
      ? await import("gpt-tokenizer/encoding/o200k_base")
      : await import("gpt-tokenizer/encoding/cl100k_base");
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, options);
}

async function loadAiTokenizer(encoding: EncodingName): Promise<Counter["count"]> {
  const { default: Tokenizer } = await import("ai-tokenizer");
  const data =
    encoding === "o200k_base"
      ? await import("ai-tokenizer/encoding/o200k_base")
      : await import("ai-tokenizer/encoding/cl100k_base");
  const tokenizer = new Tokenizer(data);
  // Its `count` throws at a text that holds a special token; "all" is how it takes text as it is.
  return (text) => tokenizer.encode(text, "all").length;
}

/** The CPU time of this process so far, all threads together, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed(name: string, create: () => Promise<Counter["count"]>): Promise<Counter> {
  const start = cpuMs();
  const count = await create();
  count("one word");
  return { name, loadMs: cpuMs() - start, count };
}
