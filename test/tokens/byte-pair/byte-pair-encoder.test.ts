import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BytePairEncoder } from "../../../src/tokens/byte-pair/byte-pair-encoder.ts";
import { createCodePointClasses } from "../../../src/tokens/byte-pair/code-point-classes.ts";
import { readRanks } from "../../../src/tokens/byte-pair/ranks.ts";
import { Utf8Text } from "../../../src/tokens/byte-pair/utf8-text.ts";
import { Vocabulary } from "../../../src/tokens/byte-pair/vocabulary.ts";
import { anyText } from "../arbitrary-texts.ts";
import { MergeByRank } from "../merge-by-rank.ts";

const classes = createCodePointClasses();

describe.each(["o200k_base", "cl100k_base"] as const)("%s", (name) => {
  const ranks = readRanks(name);
  const vocabulary = new Vocabulary(ranks);
  const encoder = new BytePairEncoder(vocabulary);

  test("every token is what merging its bytes ends in, so that laying tokens may use them all", () => {
    const text = new Utf8Text(classes);
    text.bytes = ranks.bytes;
    text.view = ranks.view;
    const others: number[] = [];
    for (let token = 0; token < vocabulary.size; token++) {
      const start = ranks.starts[token] ?? 0;
      if (encoder.merge(text, start, start + vocabulary.lengthOf(token)) !== 1) others.push(token);
    }
    expect(others).toEqual([]);
  });

  test("counts any piece as merging by rank does", () => {
    const reference = new MergeByRank(ranks);
    const text = new Utf8Text(classes);
    fc.assert(
      fc.property(anyText(), (piece) => {
        fc.pre(piece !== "");
        text.encode(piece);
        const bytes = Buffer.from(text.bytes.subarray(0, text.length));
        expect(encoder.merge(text, 0, text.length)).toBe(reference.count(bytes.toString("latin1")));
      }),
      { numRuns: 1000 },
    );
  });
});
