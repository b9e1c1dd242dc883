import { CLASS } from "./code-point-classes.ts";
import {
  APOSTROPHE_BYTE,
  contractionEnd,
  newlinesAndSlashesEnd,
  numberEnd,
  type PieceScanner,
  punctuationEnd,
  SPACE_BYTE,
  whiteSpaceEnd,
} from "./piece-scanner.ts";
import type { Utf8Text } from "./utf8-text.ts";

const { upper, lower, caseless, mark, number, newline, other } = CLASS;
const UPPERISH = upper | caseless | mark;
const LOWERISH = lower | caseless | mark;
const WORD = UPPERISH | LOWERISH;

/**
 * The pieces of o200k_base and o200k_harmony. Their pattern, with `U` for `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and `L` for
 * `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`, tries in this order:
 *
 *     [^\r\n\p{L}\p{N}]?U*L+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *     [^\r\n\p{L}\p{N}]?U+L*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *     \p{N}{1,3}
 *      ?[^\s\p{L}\p{N}]+[\r\n/]*
 *     \s*[\r\n]+|\s+(?!\S)|\s+
 */
export class O200kScanner implements PieceScanner {
  private readonly text: Utf8Text;

  constructor(text: Utf8Text) {
    this.text = text;
  }

  pieceEnd(start: number): number {
    const { text } = this;
    const first = text.classAt(start);
    if ((first & WORD) !== 0) return this.wordEnd(start);
    if (first === number) return numberEnd(text, start);
    if (first === newline) return whiteSpaceEnd(text, start);
    const next = start + text.lengthAt(start);
    const second = text.classAt(next);
    if ((second & WORD) !== 0) return this.wordEnd(next);
    const isPunctuation = first === other || (second === other && text.bytes[start] === SPACE_BYTE);
    return isPunctuation ? newlinesAndSlashesEnd(text, punctuationEnd(text, next)) : whiteSpaceEnd(text, start);
  }

  /** The end of a word behind its first character, which may be no letter. In ASCII that is capitals, then the rest. */
  private wordEnd(start: number): number {
    const { bytes, byteClasses } = this.text;
    let at = start;
    while (byteClasses[bytes[at] as number] === upper) at++;
    while (byteClasses[bytes[at] as number] === lower) at++;
    const byte = bytes[at] as number;
    if (byte >= 0x80) return this.wideWordEnd(start);
    return byte === APOSTROPHE_BYTE ? contractionEnd(this.text, at) : at;
  }

  /**
   * The end of any word. Where capitals follow something caseless and nothing lower follows them, the first alternative
   * gives them back: it needs one `L`, and the caseless is that.
   */
  private wideWordEnd(start: number): number {
    const { text } = this;
    let at = start;
    let behindCaseless = 0;
    let found = text.classAt(at);
    while ((found & UPPERISH) !== 0) {
      at += text.lengthAt(at);
      if (found !== upper) behindCaseless = at;
      found = text.classAt(at);
    }
    if (found === lower) return contractionEnd(text, this.lowerEnd(at));
    return contractionEnd(text, behindCaseless === 0 ? at : behindCaseless);
  }

  private lowerEnd(start: number): number {
    const { text } = this;
    let at = start;
    while ((text.classAt(at) & LOWERISH) !== 0) at += text.lengthAt(at);
    return at;
  }
}
