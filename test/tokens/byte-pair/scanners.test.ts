import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cl100kScanner } from "../../../src/tokens/byte-pair/cl100k-scanner.ts";
import { createCodePointClasses } from "../../../src/tokens/byte-pair/code-point-classes.ts";
import { O200kScanner } from "../../../src/tokens/byte-pair/o200k-scanner.ts";
import { Utf8Text } from "../../../src/tokens/byte-pair/utf8-text.ts";
import { alphabets, textOf } from "../arbitrary-texts.ts";

const require = createRequire(import.meta.url);
const classes = createCodePointClasses();

describe.each([
  { name: "o200k_base", Scanner: O200kScanner },
  { name: "cl100k_base", Scanner: Cl100kScanner },
])("$name", ({ name, Scanner }) => {
  const text = new Utf8Text(classes);
  const scanner = new Scanner(text);
  const pattern = rustPattern(name);

  test.each(Object.entries(alphabets))("cuts texts of %s where the pattern does", (_, alphabet) => {
    fc.assert(
      fc.property(textOf(alphabet, 30), (string) => {
        expect(piecesOf(string)).toEqual(string.match(pattern) ?? []);
      }),
      { numRuns: 500 },
    );
  });

  function piecesOf(string: string): string[] {
    text.encode(string);
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const end = scanner.pieceEnd(at);
      pieces.push(Buffer.from(text.bytes.subarray(at, end)).toString());
      at = end;
    }
    return pieces;
  }
});

/** tiktoken's pattern as a RegExp: `\s` without U+FEFF and with U+0085, and `s` in contractions also as U+017F. */
function rustPattern(name: string): RegExp {
  const { pat_str: source } = require(`js-tiktoken/ranks/${name}`) as { pat_str: string };
  const isWhiteSpace = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const rust = source
    .replaceAll("[^\\s\\p{L}", `[^${isWhiteSpace}\\p{L}`)
    .replaceAll("\\s", `[${isWhiteSpace}]`)
    .replaceAll("\\S", `[^${isWhiteSpace}]`)
    .replaceAll("'s|", "'s|'\\u017f|");
  return new RegExp(rust, "gu");
}
