import { BytePairTokenizer } from "./byte-pair/byte-pair-tokenizer.ts";
import { O200kScanner } from "./byte-pair/o200k-scanner.ts";
import { sharedEncoder } from "./byte-pair/shared-encoders.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The encoding of gpt-oss: that of o200k_base but for special tokens, which are counted as plain text. */
export function createTokenizer(): Tokenizer {
  return new BytePairTokenizer({
    name: "o200k_harmony",
    encoder: sharedEncoder("o200k_base"),
    createScanner: (text) => new O200kScanner(text),
  });
}
