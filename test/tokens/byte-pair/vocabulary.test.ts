import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRanks } from "../../../src/tokens/byte-pair/ranks.ts";
import { Vocabulary } from "../../../src/tokens/byte-pair/vocabulary.ts";

describe.each([{ name: "o200k_base", size: 199_998 } as const, { name: "cl100k_base", size: 100_256 } as const])(
  "$name",
  ({ name, size }) => {
    const ranks = readRanks(name);
    const vocabulary = new Vocabulary(ranks);
    const tokens = new Map(Array.from({ length: size }, (_, token) => [latin1Of(token), token]));

    test("has every token once", () => {
      expect(vocabulary.size).toBe(size);
      expect(tokens.size).toBe(size);
    });

    test("finds every token by its bytes", () => {
      const lost = [...tokens.values()].filter(
        (token) => vocabulary.find(ranks.view, ranks.starts[token] ?? 0, vocabulary.lengthOf(token)) !== token,
      );
      expect(lost).toEqual([]);
    });

    test("finds nothing that is no token, whatever stands around", () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 24, maxLength: 40 }), fc.nat(7), fc.integer({ min: 1, max: 16 }), check),
      );
    });

    test("the longest prefix of a token is a token, and none between them is", () => {
      fc.assert(
        fc.property(fc.nat(size - 1), (token) => {
          const bytes = latin1Of(token);
          const lengths = Array.from({ length: bytes.length - 1 }, (_, at) => bytes.length - 1 - at);
          const length = lengths.find((candidate) => tokens.has(bytes.slice(0, candidate)));
          expect(vocabulary.prefixOf(token)).toBe(length === undefined ? -1 : tokens.get(bytes.slice(0, length)));
        }),
      );
    });

    function check(bytes: Uint8Array, at: number, length: number): void {
      const key = Buffer.from(bytes.subarray(at, at + length)).toString("latin1");
      expect(vocabulary.find(new DataView(bytes.slice().buffer), at, length)).toBe(tokens.get(key) ?? -1);
    }

    function latin1Of(token: number): string {
      return Buffer.from(ranks.bytes.subarray(ranks.starts[token], ranks.starts[token + 1])).toString("latin1");
    }
  },
);
