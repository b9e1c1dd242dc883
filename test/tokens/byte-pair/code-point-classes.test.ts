import { expect, test } from "vitest";
import { CLASS, createCodePointClasses } from "../../../src/tokens/byte-pair/code-point-classes.ts";
import { createTokenizer } from "../../../src/tokens/o200k-base.ts";
import { oracleCount } from "../oracle.ts";

const classes = createCodePointClasses();

/** Where \p{…} of a runtime differs from the Unicode 16 that tiktoken has, by the runtime's Unicode version. */
const knownDifferences: Readonly<Record<string, string>> = {
  "16.0": "",
  "17.0":
    "295 88f c5c cdc 1acf-1add 1ae0-1aeb a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 10efa-10efb 11b60-11b67 " +
    "11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de " +
    "1e6e0-1e6f5 1e6fe-1e6ff 2b73a-2b73f 2cea2-2cead 323b0-33479",
};

const known = knownDifferences[process.versions["unicode"] ?? ""];

test.runIf(known !== undefined)("the classes are those of the runtime's \\p{…} but for the known differences", () => {
  const differing: number[] = [];
  for (let point = 0; point < 0x110000; point++) {
    if (classes[point] !== runtimeClass(point)) differing.push(point);
  }
  expect(rangesOf(differing)).toBe(known);
});

test("the classes are those of tiktoken", () => {
  const tokenizer = createTokenizer();
  const differing: number[] = [];
  for (const group of groupsOfPoints()) {
    const text = group.map(probe).join("");
    if (tokenizer.count(text) !== oracleCount("o200k_base", text)) differing.push(...group);
  }
  expect(rangesOf(differing)).toBe("");
}, 120_000);

/** A text whose count tells each class from the others: every class cuts tokens of several characters elsewhere. */
function probe(point: number): string {
  const c = String.fromCodePoint(point);
  const words = [`\u02e0\u10c0${c}`, `${c}\u02e0\u10c0d`, `1${c}234`, `${c}'s`, `!!${c}'s`, ` ${c}!`, `  ${c}  `];
  return [...words, `${c}\n`, ` ${c}\n`, ""].join("\n\n");
}

/** Code points in groups: one group in 64 of wide stretches of one class, and of other groups of one class each fourth. */
function groupsOfPoints(): number[][] {
  const groups: number[][] = [];
  for (let first = 0; first < 0x110000; first += 64) {
    const isSurrogate = first >= 0xd800 && first < 0xe000;
    const isUniform = uniformStretches.some(([start, end]) => first >= start && first < end);
    if (isSurrogate || (isUniform && first % 0x1000 !== 0)) continue;
    const group = Array.from({ length: 64 }, (_, at) => first + at);
    const isOneClass = group.every((point) => classes[point] === classes[first]);
    groups.push(isOneClass ? group.filter((point) => point % 4 === 0) : group);
  }
  return groups;
}

/** Han, Hangul, private use, Tangut, Han in planes 2 and 3, and planes that nothing is in. */
const uniformStretches = [
  [0x3400, 0x9f80],
  [0xac00, 0xd780],
  [0xe000, 0xf8c0],
  [0x17000, 0x187c0],
  [0x20000, 0x2a6c0],
  [0x2a740, 0x2cec0],
  [0x2cf00, 0x2eb80],
  [0x30000, 0x32380],
  [0x34000, 0xe0000],
  [0xe0200, 0x110000],
] as const;

function runtimeClass(point: number): number {
  const character = String.fromCodePoint(point);
  if (point >= 0xd800 && point < 0xe000) return 0;
  if (/[\p{Lu}\p{Lt}]/u.test(character)) return CLASS.upper;
  if (/\p{Ll}/u.test(character)) return CLASS.lower;
  if (/\p{L}/u.test(character)) return CLASS.caseless;
  if (/\p{M}/u.test(character)) return CLASS.mark;
  if (/\p{N}/u.test(character)) return CLASS.number;
  if (/[\r\n]/.test(character)) return CLASS.newline;
  return /\p{White_Space}/u.test(character) ? CLASS.space : CLASS.other;
}

/** `10-12 20` in hexadecimal. */
function rangesOf(points: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const point of points) {
    const range = ranges.at(-1);
    if (range?.last === point - 1) range.last = point;
    else ranges.push({ first: point, last: point });
  }
  const hex = (point: number): string => point.toString(16);
  return ranges.map(({ first, last }) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(" ");
}
