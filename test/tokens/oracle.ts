import { get_encoding } from "tiktoken";

export const encodingNames = ["o200k_base", "o200k_harmony", "cl100k_base"] as const;

export type EncodingName = (typeof encodingNames)[number];

/** tiktoken's own Rust code, whose o200k_harmony differs from o200k_base in special tokens only. */
const oracles = {
  o200k_base: lazily(() => get_encoding("o200k_base")),
  cl100k_base: lazily(() => get_encoding("cl100k_base")),
};

/** The number of tokens by tiktoken. Slow: quadratic in the length of a piece, so keep those under 2 KB. */
export function oracleCount(encoding: EncodingName, text: string): number {
  const oracle = oracles[encoding === "cl100k_base" ? "cl100k_base" : "o200k_base"]();
  return oracle.encode_ordinary(text.toWellFormed()).length;
}

function lazily<T>(create: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: create() };
    return made.value;
  };
}
