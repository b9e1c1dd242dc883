import type { Tokenizer } from "../tokenizer.ts";
import type { BytePairEncoder } from "./byte-pair-encoder.ts";
import { createCodePointClasses } from "./code-point-classes.ts";
import type { PieceScanner } from "./piece-scanner.ts";
import { safeCut } from "./safe-cut.ts";
import { Utf8Text } from "./utf8-text.ts";

/** What makes an encoding: its vocabulary and its way to cut a text into pieces. */
export interface Encoding {
  readonly name: string;
  readonly encoder: BytePairEncoder;
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
  private readonly encoder: BytePairEncoder;

  constructor(encoding: Encoding) {
    this.encoding = encoding.name;
    this.scanner = encoding.createScanner(this.text);
    this.encoder = encoding.encoder;
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
    const { text, scanner, encoder } = this;
    text.encode(block);
    let tokens = 0;
    let at = 0;
    while (at < text.length) {
      const end = scanner.pieceEnd(at);
      tokens += encoder.count(text, at, end);
      at = end;
    }
    text.release();
    return tokens;
  }
}
