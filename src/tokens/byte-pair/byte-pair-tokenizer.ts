import type { Tokenizer } from "../tokenizer.ts";
import { BytePairEncoder } from "./byte-pair-encoder.ts";
import { createCodePointClasses } from "./code-point-classes.ts";
import { PieceCache } from "./piece-cache.ts";
import type { PieceScanner } from "./piece-scanner.ts";
import type { Ranks } from "./ranks.ts";
import { safeCut } from "./safe-cut.ts";
import { Utf8Text } from "./utf8-text.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What makes an encoding: its vocabulary and its way to cut a text into pieces. */
export interface Encoding {
  readonly name: string;
  readonly ranks: Ranks;
  createScanner(text: Utf8Text): PieceScanner;
}

/** UTF-16 code units that are counted at a time; 96 KiB of UTF-8 at most. */
const BLOCK_LENGTH = 1 << 15;

/** Counts the tokens of a byte pair encoding, exactly and in time linear in the length of the text. */
export class BytePairTokenizer implements Tokenizer {
  readonly encoding: string;
  private readonly classes = createCodePointClasses();
  private readonly text = new Utf8Text(this.classes);
  private readonly scanner: PieceScanner;
  private readonly vocabulary: Vocabulary;
  private readonly encoder: BytePairEncoder;
  private readonly cache = new PieceCache();

  constructor(encoding: Encoding) {
    this.encoding = encoding.name;
    this.scanner = encoding.createScanner(this.text);
    this.vocabulary = new Vocabulary(encoding.ranks);
    this.encoder = new BytePairEncoder(this.vocabulary);
  }

  count(text: string): number {
    if (text.length <= BLOCK_LENGTH) return this.countBlock(text);
    let tokens = 0;
    let start = 0;
    while (start < text.length) {
      const end = safeCut(this.classes, text, start, start + BLOCK_LENGTH);
      tokens += this.countBlock(text.slice(start, end));
      start = end;
    }
    return tokens;
  }

  private countBlock(block: string): number {
    const { text, scanner } = this;
    text.encode(block);
    let tokens = 0;
    let at = 0;
    while (at < text.length) {
      const end = scanner.pieceEnd(at);
      tokens += this.vocabulary.find(text.view, at, end - at) >= 0 ? 1 : this.countPiece(at, end);
      at = end;
    }
    text.release();
    return tokens;
  }

  /** The tokens of a piece that is not a token itself. */
  private countPiece(start: number, end: number): number {
    const { view } = this.text;
    const known = this.cache.get(view, start, end - start);
    if (known > 0) return known;
    const tokens = this.encoder.count(this.text, start, end);
    this.cache.set(view, start, end - start, tokens);
    return tokens;
  }
}
