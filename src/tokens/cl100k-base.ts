import { BytePairTokenizer } from "./byte-pair/byte-pair-tokenizer.ts";
import { Cl100kScanner } from "./byte-pair/cl100k-scanner.ts";
import { readRanks } from "./byte-pair/ranks.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The encoding cl100k_base. */
export function createTokenizer(): Tokenizer {
  return new BytePairTokenizer({
    name: "cl100k_base",
    ranks: readRanks("cl100k_base"),
    createScanner: (text) => new Cl100kScanner(text),
  });
}
