import { CLASS } from "./code-point-classes.ts";
import type { Utf8Text } from "./utf8-text.ts";

/** Finds the pieces that tiktoken's pattern cuts a text into; byte pairs are merged within a piece only. */
export interface PieceScanner {
  /** The byte behind the piece that starts at a byte; the start must be before the end of the text. */
  pieceEnd(start: number): number;
}

const { space, newline, number, other, mark } = CLASS;

export const SPACE_BYTE = 0x20;
export const APOSTROPHE_BYTE = 0x27;
const SLASH_BYTE = 0x2f;

/** The end of `\p{N}{1,3}`. */
export function numberEnd(text: Utf8Text, start: number): number {
  let at = start;
  for (let digits = 0; digits < 3 && text.classAt(at) === number; digits++) at += text.lengthAt(at);
  return at;
}

/** The end of `[^\s\p{L}\p{N}]*`. */
export function punctuationEnd(text: Utf8Text, start: number): number {
  let at = start;
  while ((text.classAt(at) & (other | mark)) !== 0) at += text.lengthAt(at);
  return at;
}

/** The end of `[\r\n]*`. */
export function newlinesEnd(text: Utf8Text, start: number): number {
  let at = start;
  while (text.classAt(at) === newline) at++;
  return at;
}

/** The end of `[\r\n/]*`. */
export function newlinesAndSlashesEnd(text: Utf8Text, start: number): number {
  let at = start;
  while (text.classAt(at) === newline || text.bytes[at] === SLASH_BYTE) at++;
  return at;
}

/**
 * The end of `\s*[\r\n]+|\s+(?!\S)|\s+`: white space up to its last newline; without one, all of it at the end of the
 * text, else all but its last character, which goes with what follows, unless it is the only one.
 */
export function whiteSpaceEnd(text: Utf8Text, start: number): number {
  let at = start;
  let last = start;
  let behindNewline = start;
  let found = text.classAt(at);
  while ((found & (space | newline)) !== 0) {
    last = at;
    at += text.lengthAt(at);
    if (found === newline) behindNewline = at;
    found = text.classAt(at);
  }
  if (behindNewline > start) return behindNewline;
  return found === 0 || last === start ? at : last;
}

/** The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`, where `s` is also U+017F, which folds to it. */
export function contractionEnd(text: Utf8Text, start: number): number {
  const { bytes } = text;
  if (bytes[start] !== APOSTROPHE_BYTE) return start;
  const first = (bytes[start + 1] as number) | 0x20;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return start + 2;
  if (bytes[start + 1] === 0xc5 && bytes[start + 2] === 0xbf) return start + 3;
  const second = (bytes[start + 2] as number) | 0x20;
  const isPair = first === 0x6c ? second === 0x6c : (first === 0x72 || first === 0x76) && second === 0x65;
  return isPair ? start + 3 : start;
}
