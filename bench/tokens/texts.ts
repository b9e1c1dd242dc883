import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A kind of text to count: many strings, as a program would count them one by one. */
export interface BenchText {
  readonly name: string;
  readonly strings: readonly string[];
  /** Whether it is made to be slow; packages with quadratic merging get less of it. */
  readonly isAdversarial: boolean;
}

const CJK_LOCALES = ["zh", "zh-Hant", "yue", "ja"];

const LOCALES =
  "af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km " +
  "kn ko ky lo lt lv mk ml mn mr ms my nb ne nl or pa pl ps pt ro ru sd si sk sl so sq sr sv sw ta te th ti tk tr uk " +
  "ur uz vi yo yue zh zu";

/** The texts of the benchmark; English is all string fields of the JSONL file, if one is given. */
export function benchTexts(jsonlPath: string | undefined): BenchText[] {
  const english = jsonlPath === undefined ? [] : [ordinary("English", fieldTexts(jsonlPath))];
  return [
    ...english,
    ordinary("code", codeFiles("node_modules/openai/src")),
    ordinary("multilingual", displayNames(LOCALES.split(" "), " ")),
    ordinary("CJK", displayNames(CJK_LOCALES, "、")),
    ordinary("odd characters", oddTexts(2_000)),
    ...adversarialTexts(100_000),
  ];
}

/** Texts of `length` characters with hardly a place to cut, the bane of quadratic merging. */
function adversarialTexts(length: number): BenchText[] {
  const random = pseudoRandom();
  const draw = (alphabet: string): string =>
    Array.from({ length }, () => alphabet[random() % alphabet.length] ?? "").join("");
  const texts = {
    "one letter": "a".repeat(length),
    blanks: " ".repeat(length),
    dashes: "-".repeat(length),
    emoji: "😀".repeat(length / 2),
    base64: draw("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    "random letters": draw("etaoinshrdlucmfwypvbgkjqxz"),
    "Han without marks": draw("的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过"),
  };
  return Object.entries(texts).map(([name, text]) => ({ name, strings: [text], isAdversarial: true }));
}

/** Short texts with characters that runtimes judge differently, and words that look like special tokens. */
function oddTexts(count: number): string[] {
  const random = pseudoRandom();
  const odd = ["\uFEFF", "\u0085", "\u200B", "\u180E", "\u017F", "\uD800", "\u0301", "<|endoftext|>", "<|im_start|>"];
  const plain = [" ", "\n", "word", "it's", "IT'S", "It'\u017F", "3.14", "ǅ", "流", "🏳️‍🌈", "—", "\t"];
  const alphabet = [...odd, ...plain, ...plain];
  return Array.from({ length: count }, () =>
    Array.from({ length: 60 }, () => alphabet[random() % alphabet.length] ?? "").join(""),
  );
}

function ordinary(name: string, strings: readonly string[]): BenchText {
  return { name, strings, isAdversarial: false };
}

/** Every string field of every object of a JSONL file. */
function fieldTexts(path: string): string[] {
  const rows = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return rows.flatMap((row) => {
    const value: unknown = JSON.parse(row);
    return Object.values(value ?? {}).filter((field) => typeof field === "string");
  });
}

function codeFiles(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.sort().map((file) => readFileSync(join(root, file), "utf8"));
}

/** The names of regions, languages and currencies as each locale's people write them; one string per locale and kind. */
function displayNames(locales: readonly string[], separator: string): string[] {
  const codes = {
    region: letterCodes(2),
    language: [...letterCodes(2), ...letterCodes(3)].map((code) => code.toLowerCase()),
    currency: Intl.supportedValuesOf("currency"),
  };
  const kinds = ["region", "language", "currency"] as const;
  return locales.flatMap((locale) =>
    kinds.map((type) => {
      const names = new Intl.DisplayNames([locale], { type, fallback: "none" });
      return codes[type].flatMap((code) => names.of(code) ?? []).join(separator);
    }),
  );
}

/** `AA` to `ZZ`, or `AAA` to `ZZZ`. */
function letterCodes(length: number): string[] {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  return length === 1 ? letters : letterCodes(length - 1).flatMap((code) => letters.map((letter) => code + letter));
}

/** The same numbers in every run: a linear congruential generator with the constants of Numerical Recipes. */
function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
