import type { Ranks } from "./ranks.ts";
import { hashBytes, hashWords, maskedWord, slotCountFor, wordMasks } from "./word-keys.ts";

/** Slots of four words: the first eight bytes of a token as two words, its length (0 in an empty slot), its number. */
const SHORT_STRIDE = 4;

/** Slots of two words: the hash of a token, and its number plus one (0 in an empty slot). */
const LONG_STRIDE = 2;

const SHORT_BYTES = 8;

const UNKNOWN = -2;

/**
 * The tokens by their bytes, in two open-addressed tables. The key of a token up to eight bytes is two 32-bit words,
 * kept in the slot; a longer one is found by its hash and compared with its bytes in `ranks`.
 */
export class Vocabulary {
  readonly ranks: Ranks;
  /** The number of tokens. */
  readonly size: number;
  readonly maxTokenBytes: number;
  private readonly lengths: Uint8Array;
  /** One bit for each hash of 21 bits that a token has: most bytes that are no token are told apart in the cache. */
  private readonly filter = new Int32Array(1 << 16);
  private readonly short: Int32Array;
  private readonly shortMask: number;
  private readonly long: Int32Array;
  private readonly longMask: number;
  /** For each token the longest other token that it starts with; -1 if there is none, -2 before it is asked for. */
  private readonly prefixes: Int32Array;

  constructor(ranks: Ranks) {
    this.ranks = ranks;
    this.size = ranks.starts.length - 1;
    this.lengths = tokenLengths(ranks);
    let shortCount = 0;
    let maxTokenBytes = 0;
    for (let token = 0; token < this.size; token++) {
      if (this.lengthOf(token) <= SHORT_BYTES) shortCount++;
      maxTokenBytes = Math.max(maxTokenBytes, this.lengthOf(token));
    }
    this.maxTokenBytes = maxTokenBytes;
    this.shortMask = slotCountFor(shortCount) - 1;
    this.longMask = slotCountFor(this.size - shortCount) - 1;
    this.short = new Int32Array((this.shortMask + 1) * SHORT_STRIDE);
    this.long = new Int32Array((this.longMask + 1) * LONG_STRIDE);
    this.prefixes = new Int32Array(this.size).fill(UNKNOWN);
    for (let token = 0; token < this.size; token++) this.add(token);
  }

  /** The number of bytes of a token. */
  lengthOf(token: number): number {
    return this.lengths[token] as number;
  }

  /** The longest other token that a token starts with, or -1. */
  prefixOf(token: number): number {
    const prefix = this.prefixes[token] as number;
    return prefix === UNKNOWN ? this.findPrefix(token) : prefix;
  }

  /** The token that consists of the given bytes, or -1. Reads up to seven bytes beyond them. */
  find(view: DataView, at: number, length: number): number {
    if (length <= SHORT_BYTES) return this.findShort(view, at, length);
    return length <= this.maxTokenBytes ? this.findLong(view, at, length) : -1;
  }

  private findPrefix(token: number): number {
    const { view, starts } = this.ranks;
    let prefix = -1;
    for (let length = this.lengthOf(token) - 1; length > 0 && prefix < 0; length--) {
      prefix = this.find(view, starts[token] as number, length);
    }
    this.prefixes[token] = prefix;
    return prefix;
  }

  private findShort(view: DataView, at: number, length: number): number {
    const { short, shortMask } = this;
    const low = view.getInt32(at, true) & (wordMasks[length] as number);
    const high = view.getInt32(at + 4, true) & (wordMasks[length + 9] as number);
    const hash = hashWords(low, high);
    if (!this.mayHave(hash)) return -1;
    let slot = hash & shortMask;
    for (;;) {
      const entry = slot * SHORT_STRIDE;
      const found = short[entry + 2] as number;
      if (found === length && short[entry] === low && short[entry + 1] === high) return short[entry + 3] as number;
      if (found === 0) return -1;
      slot = (slot + 1) & shortMask;
    }
  }

  private findLong(view: DataView, at: number, length: number): number {
    const { long, longMask } = this;
    const hash = hashBytes(view, at, length);
    if (!this.mayHave(hash)) return -1;
    let slot = hash & longMask;
    for (;;) {
      const token = (long[slot * LONG_STRIDE + 1] as number) - 1;
      if (token < 0) return -1;
      if (long[slot * LONG_STRIDE] === hash && this.hasBytes(token, view, at, length)) return token;
      slot = (slot + 1) & longMask;
    }
  }

  private mayHave(hash: number): boolean {
    return (((this.filter[hash >>> 16] as number) >>> (hash & 31)) & 1) !== 0;
  }

  private mark(hash: number): void {
    this.filter[hash >>> 16] = (this.filter[hash >>> 16] as number) | (1 << (hash & 31));
  }

  private hasBytes(token: number, view: DataView, at: number, length: number): boolean {
    if (this.lengthOf(token) !== length) return false;
    const start = this.ranks.starts[token] as number;
    for (let done = 0; done < length; done += 4) {
      const left = length - done;
      if (maskedWord(view, at + done, left) !== maskedWord(this.ranks.view, start + done, left)) return false;
    }
    return true;
  }

  private add(token: number): void {
    if (this.lengthOf(token) <= SHORT_BYTES) this.addShort(token);
    else this.addLong(token);
  }

  private addShort(token: number): void {
    const { short, shortMask } = this;
    const { view, starts } = this.ranks;
    const at = starts[token] as number;
    const length = this.lengthOf(token);
    const low = view.getInt32(at, true) & (wordMasks[length] as number);
    const high = view.getInt32(at + 4, true) & (wordMasks[length + 9] as number);
    const hash = hashWords(low, high);
    this.mark(hash);
    let slot = hash & shortMask;
    while (short[slot * SHORT_STRIDE + 2] !== 0) slot = (slot + 1) & shortMask;
    short[slot * SHORT_STRIDE] = low;
    short[slot * SHORT_STRIDE + 1] = high;
    short[slot * SHORT_STRIDE + 2] = length;
    short[slot * SHORT_STRIDE + 3] = token;
  }

  private addLong(token: number): void {
    const hash = hashBytes(this.ranks.view, this.ranks.starts[token] as number, this.lengthOf(token));
    this.mark(hash);
    let slot = hash & this.longMask;
    while (this.long[slot * LONG_STRIDE + 1] !== 0) slot = (slot + 1) & this.longMask;
    this.long[slot * LONG_STRIDE] = hash;
    this.long[slot * LONG_STRIDE + 1] = token + 1;
  }
}

/** The number of bytes of each token; no token of tiktoken's has more than 128. */
function tokenLengths({ starts }: Ranks): Uint8Array {
  const lengths = new Uint8Array(starts.length - 1);
  for (let token = 0; token < lengths.length; token++) {
    lengths[token] = (starts[token + 1] as number) - (starts[token] as number);
  }
  return lengths;
}
