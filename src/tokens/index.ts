import type { Registry } from "../core/registry.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Every tokenizer, by the name of its encoding. */
export const tokenizers = {
  o200k_base: () => import("./o200k-base.ts").then((module) => module.createTokenizer()),
  o200k_harmony: () => import("./o200k-harmony.ts").then((module) => module.createTokenizer()),
  cl100k_base: () => import("./cl100k-base.ts").then((module) => module.createTokenizer()),
} satisfies Registry<Tokenizer>;
