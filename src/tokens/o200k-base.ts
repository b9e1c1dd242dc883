import { BytePairTokenizer } from "./byte-pair/byte-pair-tokenizer.ts";
import { O200kScanner } from "./byte-pair/o200k-scanner.ts";
import { readRanks } from "./byte-pair/ranks.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The encoding o200k_base. */
export function createTokenizer(): Tokenizer {
  return new BytePairTokenizer({
    name: "o200k_base",
    ranks: readRanks("o200k_base"),
    createScanner: (text) => new O200kScanner(text),
  });
}
