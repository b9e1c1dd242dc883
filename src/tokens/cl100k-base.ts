import { BytePairTokenizer } from "./byte-pair/byte-pair-tokenizer.ts";
import { Cl100kScanner } from "./byte-pair/cl100k-scanner.ts";
import { sharedEncoder } from "./byte-pair/shared-encoders.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The encoding of gpt-4, gpt-3.5 and text-embedding-3. */
export function createTokenizer(): Tokenizer {
  return new BytePairTokenizer({
    name: "cl100k_base",
    encoder: sharedEncoder("cl100k_base"),
    createScanner: (text) => new Cl100kScanner(text),
  });
}
