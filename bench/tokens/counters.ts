import { load } from "../../src/core/registry.ts";
import { tokenizers } from "../../src/tokens/index.ts";

/** A way to count tokens. */
export interface Counter {
  /** CPU time that loading took. */
  readonly loadMs: number;
  count(text: string): number;
}

export type EncodingName = "o200k_base" | "cl100k_base";

/** Loads ours, js-tiktoken and tiktoken's WASM for one encoding. */
export async function loadCounters(encoding: EncodingName): Promise<Record<"ours" | "js" | "wasm", Counter>> {
  const ours = await timed(async () => {
    const tokenizer = await load("tokenizer", tokenizers, encoding);
    return (text) => tokenizer.count(text);
  });
  const js = await timed(async () => {
    const { getEncoding } = await import("js-tiktoken");
    const tokenizer = getEncoding(encoding);
    return (text) => tokenizer.encode(text, [], []).length;
  });
  const wasm = await timed(async () => {
    const { get_encoding } = await import("tiktoken");
    const tokenizer = get_encoding(encoding);
    return (text) => tokenizer.encode_ordinary(text.toWellFormed()).length;
  });
  return { ours, js, wasm };
}

/** The CPU time of this process so far, all threads together, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed(create: () => Promise<Counter["count"]>): Promise<Counter> {
  const start = cpuMs();
  const count = await create();
  count("one word");
  return { loadMs: cpuMs() - start, count };
}
