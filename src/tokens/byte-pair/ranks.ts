import { createRequire } from "node:module";
import { InternalError } from "../../core/errors.ts";

/** The vocabularies that js-tiktoken ships; o200k_harmony uses that of o200k_base. */
export type RanksName = "o200k_base" | "cl100k_base";

/** The bytes of all tokens one behind the other; a token's number is its rank, the order in which pairs are merged. */
export interface Ranks {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Where each token starts in `bytes`, and one more for the end of the last. */
  readonly starts: Uint32Array;
}

/** Room behind the tokens for 32-bit reads that begin in the last one. */
const PADDING = 16;

const SPACE = 0x20;
const EQUALS = 0x3d;
const HEADER = "! 0 ";

/** Reads a vocabulary from js-tiktoken, and leaves nothing of the text it comes in behind. */
export function readRanks(name: RanksName): Ranks {
  return decodeRanks(name, Buffer.from(readText(name), "latin1"));
}

/** By `require`, whose cache can be emptied again: an imported module would hold its 2 MB of text for good. */
function readText(name: RanksName): string {
  const require = createRequire(import.meta.url);
  const specifier = `js-tiktoken/ranks/${name}`;
  const loaded: unknown = require(specifier);
  delete require.cache[require.resolve(specifier)];
  const text = property(property(loaded, "default") ?? loaded, "bpe_ranks");
  if (typeof text !== "string" || !text.startsWith(HEADER) || text.includes("\n")) {
    throw new InternalError(`${specifier} is not in the form that js-tiktoken 1.0 has it in`);
  }
  return text;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** Decodes `! 0 IQ== Ig== …`: tokens in the order of their ranks, in base64, with blanks between. */
function decodeRanks(name: RanksName, text: Uint8Array): Ranks {
  const bytes = new Uint8Array(((text.length * 3) >> 2) + PADDING);
  const starts = new Uint32Array(text.length >> 2);
  let tokens = 0;
  let written = 0;
  let at = HEADER.length;
  while (at < text.length) {
    while (at < text.length && text[at] !== SPACE) {
      const group = base64Group(text, at);
      bytes[written] = group >> 16;
      bytes[written + 1] = group >> 8;
      bytes[written + 2] = group;
      written += text[at + 3] !== EQUALS ? 3 : text[at + 2] !== EQUALS ? 2 : 1;
      at += 4;
    }
    tokens++;
    starts[tokens] = written;
    at++;
  }
  if (at !== text.length + 1) throw new InternalError(`the last token of ${name} is cut off`);
  const kept = bytes.slice(0, written + PADDING).fill(0, written);
  return { bytes: kept, view: new DataView(kept.buffer), starts: starts.slice(0, tokens + 1) };
}

/** The 24 bits of four base64 characters. */
function base64Group(text: Uint8Array, at: number): number {
  return (sextet(text, at) << 18) | (sextet(text, at + 1) << 12) | (sextet(text, at + 2) << 6) | sextet(text, at + 3);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SEXTETS = Uint8Array.from({ length: 256 }, (_, byte) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(byte))));

function sextet(text: Uint8Array, at: number): number {
  return SEXTETS[text[at] as number] as number;
}
