import { BytePairEncoder } from "./byte-pair-encoder.ts";
import { type RanksName, readRanks } from "./ranks.ts";
import { Vocabulary } from "./vocabulary.ts";

const encoders = new Map<RanksName, BytePairEncoder>();

/** The encoder of a vocabulary; encodings that share the vocabulary share its tables, some 20 MB for o200k_base. */
export function sharedEncoder(name: RanksName): BytePairEncoder {
  const encoder = encoders.get(name) ?? new BytePairEncoder(new Vocabulary(readRanks(name)));
  encoders.set(name, encoder);
  return encoder;
}
