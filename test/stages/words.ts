import type { Tokenizer } from "../../src/tokens/tokenizer.ts";

/** One token per word, so that expected numbers can be read off the texts. */
export const words: Tokenizer = {
  encoding: "words",
  count: (text) => text.split(" ").filter((word) => word !== "").length,
};
