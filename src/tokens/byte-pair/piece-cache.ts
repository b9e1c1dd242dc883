import { hashBytes, maskedWord } from "./word-keys.ts";

/** Slots of eight words: up to 28 bytes of a piece, then its length in bytes and its number of tokens. */
const STRIDE_BITS = 3;
const MAX_BYTES = 28;
const SLOTS = 1 << 16;

/** The token counts of short pieces met before, 2 MiB of them: a newer piece takes the slot of an older one. */
export class PieceCache {
  private readonly slots = new Int32Array(SLOTS << STRIDE_BITS);

  /** The tokens of a piece, or 0 if it is not known. */
  get(view: DataView, at: number, length: number): number {
    if (length > MAX_BYTES) return 0;
    const { slots } = this;
    const entry = entryOf(view, at, length);
    const last = slots[entry + 7] as number;
    if (last >>> 8 !== length) return 0;
    for (let word = 0; word << 2 < length; word++) {
      if (slots[entry + word] !== maskedWord(view, at + (word << 2), length - (word << 2))) return 0;
    }
    return last & 255;
  }

  set(view: DataView, at: number, length: number, tokens: number): void {
    if (length > MAX_BYTES) return;
    const entry = entryOf(view, at, length);
    for (let word = 0; word << 2 < length; word++) {
      this.slots[entry + word] = maskedWord(view, at + (word << 2), length - (word << 2));
    }
    this.slots[entry + 7] = (length << 8) | tokens;
  }
}

function entryOf(view: DataView, at: number, length: number): number {
  return (hashBytes(view, at, length) & (SLOTS - 1)) << STRIDE_BITS;
}
