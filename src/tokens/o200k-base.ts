import { BytePairTokenizer } from "./byte-pair/byte-pair-tokenizer.ts";
import { O200kScanner } from "./byte-pair/o200k-scanner.ts";
import { sharedEncoder } from "./byte-pair/shared-encoders.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The encoding of gpt-4o, gpt-4.1, gpt-5 and the o-series. */
export function createTokenizer(): Tokenizer {
  return new BytePairTokenizer({
    name: "o200k_base",
    encoder: sharedEncoder("o200k_base"),
    createScanner: (text) => new O200kScanner(text),
  });
}
