import { CLASS } from "./code-point-classes.ts";
import {
  contractionEnd,
  newlinesEnd,
  numberEnd,
  type PieceScanner,
  punctuationEnd,
  SPACE_BYTE,
  whiteSpaceEnd,
} from "./piece-scanner.ts";
import type { Utf8Text } from "./utf8-text.ts";

const { upper, lower, caseless, mark, number, newline, other } = CLASS;
const LETTER = upper | lower | caseless;
const PUNCTUATION = other | mark;

/**
 * The pieces of cl100k_base. Its pattern tries in this order:
 *
 *     (?i:'s|'t|'re|'ve|'m|'ll|'d)
 *     [^\r\n\p{L}\p{N}]?\p{L}+
 *     \p{N}{1,3}
 *      ?[^\s\p{L}\p{N}]+[\r\n]*
 *     \s*[\r\n]+|\s+(?!\S)|\s+
 */
export class Cl100kScanner implements PieceScanner {
  private readonly text: Utf8Text;

  constructor(text: Utf8Text) {
    this.text = text;
  }

  pieceEnd(start: number): number {
    const { text } = this;
    const first = text.classAt(start);
    if ((first & LETTER) !== 0) return this.lettersEnd(start);
    if (first === number) return numberEnd(text, start);
    if (first === newline) return whiteSpaceEnd(text, start);
    const contraction = contractionEnd(text, start);
    if (contraction > start) return contraction;
    const next = start + text.lengthAt(start);
    const second = text.classAt(next);
    if ((second & LETTER) !== 0) return this.lettersEnd(next);
    const isPunctuation =
      (first & PUNCTUATION) !== 0 || ((second & PUNCTUATION) !== 0 && text.bytes[start] === SPACE_BYTE);
    return isPunctuation ? newlinesEnd(text, punctuationEnd(text, next)) : whiteSpaceEnd(text, start);
  }

  private lettersEnd(start: number): number {
    const { text } = this;
    const { bytes, byteClasses } = text;
    let at = start;
    while (((byteClasses[bytes[at] as number] as number) & LETTER) !== 0) at++;
    if ((bytes[at] as number) < 0x80) return at;
    while ((text.classAt(at) & LETTER) !== 0) at += text.lengthAt(at);
    return at;
  }
}
