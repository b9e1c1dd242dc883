import { Neighbours } from "./neighbours.ts";
import { PieceCache } from "./piece-cache.ts";
import { TokenTrie } from "./token-trie.ts";
import type { Utf8Text } from "./utf8-text.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The bytes of a piece that scratch is kept for; a longer piece's is given back as soon as it is counted. */
const KEPT_BYTES = 1 << 12;

/**
 * Byte pair encoding in time linear in the length of a piece, after the `bpe` crate of GitHub: the tokens are laid from
 * the left, the longest first, each only where it can meet the one before; where none can, the last one is taken back
 * for a shorter one. What merging by rank ends in is the only row of tokens in which all neighbours can meet, so a
 * place that was given up need not be tried again.
 */
export class BytePairEncoder {
  readonly vocabulary: Vocabulary;
  private readonly trie: TokenTrie;
  private readonly neighbours: Neighbours;
  private readonly cache = new PieceCache();
  /** The tokens laid so far. */
  private laid = new Int32Array(KEPT_BYTES);
  /** One bit for each byte of the piece where no token of the row may end. */
  private dead = new Int32Array((KEPT_BYTES >> 5) + 1);

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.trie = new TokenTrie(vocabulary);
    this.neighbours = new Neighbours(vocabulary);
  }

  /** The number of tokens of the piece of `text` from one byte to another. */
  count(text: Utf8Text, start: number, end: number): number {
    const length = end - start;
    if (this.vocabulary.find(text.view, start, length) >= 0) return 1;
    const known = this.cache.get(text.view, start, length);
    if (known > 0) return known;
    const tokens = this.merge(text, start, end);
    this.cache.set(text.view, start, length, tokens);
    return tokens;
  }

  /** The number of tokens that merging pairs by rank ends in, found without a look at the vocabulary or the cache. */
  merge(text: Utf8Text, start: number, end: number): number {
    const length = end - start;
    if (length > KEPT_BYTES) this.allocate(length);
    else this.dead.fill(0, 0, (length >> 5) + 1);
    const tokens = this.lay(text, start, end);
    if (length > KEPT_BYTES) this.allocate(KEPT_BYTES);
    return tokens;
  }

  private lay(text: Utf8Text, start: number, end: number): number {
    const { trie, laid, vocabulary } = this;
    const { bytes, view } = text;
    let depth = 0;
    let at = start;
    let token = trie.longest(bytes, start, end);
    for (;;) {
      const fitting = this.fitting(view, start, at, depth === 0 ? -1 : (laid[depth - 1] as number), token);
      if (fitting >= 0) {
        laid[depth++] = fitting;
        at += vocabulary.lengthOf(fitting);
        if (at === end) return depth;
        token = trie.longest(bytes, at, end);
      } else {
        this.giveUp(at - start);
        const last = laid[--depth] as number;
        at -= vocabulary.lengthOf(last);
        token = vocabulary.prefixOf(last);
      }
    }
  }

  /** The longest token that `token` starts with, itself included, that can follow `previous`; -1 if there is none. */
  private fitting(view: DataView, start: number, at: number, previous: number, token: number): number {
    const { vocabulary, neighbours, dead } = this;
    for (let candidate = token; candidate >= 0; candidate = vocabulary.prefixOf(candidate)) {
      const place = at + vocabulary.lengthOf(candidate) - start;
      if ((((dead[place >> 5] as number) >> (place & 31)) & 1) !== 0) continue;
      if (previous < 0 || neighbours.canMeet(view, at, previous, candidate)) return candidate;
    }
    return -1;
  }

  private giveUp(place: number): void {
    this.dead[place >> 5] = (this.dead[place >> 5] as number) | (1 << (place & 31));
  }

  private allocate(bytes: number): void {
    this.laid = new Int32Array(bytes);
    this.dead = new Int32Array((bytes >> 5) + 1);
  }
}
