import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { load } from "../../src/core/registry.ts";
import { tokenizers } from "../../src/tokens/index.ts";
import { alphabets, anyText, textOf } from "./arbitrary-texts.ts";
import { encodingNames, oracleCount } from "./oracle.ts";

const examples = [
  "",
  " ",
  "Hello, world!",
  "it's we'RE I'LL x'\u017f 'tis 's",
  "日本ABC日本Abc",
  "\ufeffBOM\ufeff and \ufeff\ufeff spaces \ufeff",
  "lone \ud800 surrogates \udc00\ud83d",
  "1234567 ٣٣٣٣ ½½½½",
  "a\r\n\r\n  b \n\t\n c   ",
  "http://a.b/c//\n/ ?/\r\n/",
  "<|endoftext|><|endofprompt|><|start|>",
];

describe.each(encodingNames)("%s", async (encoding) => {
  const tokenizer = await load("tokenizer", tokenizers, encoding);

  test("says its name", () => {
    expect(tokenizer.encoding).toBe(encoding);
  });

  test.each(examples)("counts %j as tiktoken does", (text) => {
    expect(tokenizer.count(text)).toBe(oracleCount(encoding, text));
  });

  test.each(Object.entries(alphabets))("counts texts of %s as tiktoken does", (_, alphabet) => {
    fc.assert(
      fc.property(textOf(alphabet), (text) => {
        expect(tokenizer.count(text)).toBe(oracleCount(encoding, text));
      }),
      { numRuns: 200 },
    );
  });

  test("counts any text as tiktoken does", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(tokenizer.count(text)).toBe(oracleCount(encoding, text));
      }),
      { numRuns: 2000 },
    );
  });

  test("counts a text of many blocks as tiktoken does", () => {
    const texts = fc.sample(anyText(), { numRuns: 8000, seed: 7 });
    const text = texts.join("");
    expect(text.length).toBeGreaterThan(4 * (1 << 15));
    expect(tokenizer.count(text)).toBe(oracleCount(encoding, text));
  });
});
