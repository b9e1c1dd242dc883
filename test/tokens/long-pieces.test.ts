import { describe, expect, test } from "vitest";
import { readRanks } from "../../src/tokens/byte-pair/ranks.ts";
import { createTokenizer as createCl100kBase } from "../../src/tokens/cl100k-base.ts";
import { createTokenizer as createO200kBase } from "../../src/tokens/o200k-base.ts";
import { MergeByRank } from "./merge-by-rank.ts";
import { oracleCount } from "./oracle.ts";

/** Each of these is one piece, however long. */
const repeats = {
  "one letter": "a",
  "capitals and lower case": "aaaaab",
  blanks: " ",
  tabs: "\t",
  newlines: "\n",
  dashes: "-",
  "equals signs": "=",
  emoji: "😀",
  "a family": "👨‍👩‍👧",
  Han: "的一是不了",
  Thai: "กขคงจ",
  marks: "\u0301",
  "white space of three bytes": "\u3000",
  "byte order marks": "\ufeff",
  zeros: "\u0000",
};

describe.each([
  { encoding: "o200k_base", createTokenizer: createO200kBase } as const,
  { encoding: "cl100k_base", createTokenizer: createCl100kBase } as const,
])("$encoding", ({ encoding, createTokenizer }) => {
  const tokenizer = createTokenizer();
  const reference = new MergeByRank(readRanks(encoding));

  test.each(Object.entries(repeats))("counts long runs of %s by rank", (_, unit) => {
    const short = unit.repeat(1000 / unit.length);
    expect(tokenizer.count(short)).toBe(oracleCount(encoding, short));
    const long = unit.repeat(Math.ceil(100_000 / Buffer.byteLength(unit)));
    expect(tokenizer.count(long)).toBe(reference.count(Buffer.from(long).toString("latin1")));
  });
});
