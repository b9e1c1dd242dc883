import { type TokenOrder, tokensByFirstPair } from "./token-order.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { hashWords, slotCountFor } from "./word-keys.ts";

/** Slots of two words: a node and a byte as one key plus one (0 in an empty slot), and the node they lead to. */
const STRIDE = 2;

const NONE = -1;
const NOT_BUILT = -2;

/**
 * The tokens as a trie over their bytes, for the longest token at a place. A node that ends a token has the token's
 * number; the others are numbered from the size of the vocabulary on. The edges are one open-addressed table, but for
 * those of the first two bytes. What follows two bytes is built when a text first has them: few texts need all.
 */
export class TokenTrie {
  private readonly vocabulary: Vocabulary;
  private readonly size: number;
  private readonly singles: Int32Array;
  /** The node that two bytes lead to, by `first << 8 | second`. */
  private readonly pairs = new Int32Array(1 << 16).fill(NOT_BUILT);
  private readonly order: TokenOrder;
  private readonly edges: Int32Array;
  private readonly mask: number;
  private nextInnerNode: number;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.size = vocabulary.size;
    this.nextInnerNode = vocabulary.size;
    this.singles = singleByteTokens(vocabulary);
    this.order = tokensByFirstPair(vocabulary);
    // Of both vocabularies there are 2.1 to 2.2 edges to a token.
    this.mask = slotCountFor(2.5 * this.size) - 1;
    this.edges = new Int32Array((this.mask + 1) * STRIDE);
  }

  /** The longest token that starts at a byte and ends at `end` at the latest. Every byte is a token. */
  longest(bytes: Uint8Array, start: number, end: number): number {
    const { size } = this;
    let longest = this.singles[bytes[start] as number] as number;
    if (start + 1 === end) return longest;
    let node = this.pairNode(((bytes[start] as number) << 8) | (bytes[start + 1] as number));
    for (let at = start + 2; node >= 0; at++) {
      if (node < size) longest = node;
      if (at === end) break;
      node = this.child(node, bytes[at] as number);
    }
    return longest;
  }

  private pairNode(pair: number): number {
    const node = this.pairs[pair] as number;
    return node === NOT_BUILT ? this.build(pair) : node;
  }

  private child(node: number, byte: number): number {
    const { edges, mask } = this;
    const key = ((node << 8) | byte) + 1;
    let slot = hashWords(key, 0) & mask;
    for (;;) {
      const found = edges[slot * STRIDE] as number;
      if (found === key) return edges[slot * STRIDE + 1] as number;
      if (found === 0) return NONE;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds all tokens that start with two bytes, the short ones first: so the last node of each is always a new one. */
  private build(pair: number): number {
    const { tokens, starts } = this.order;
    const first = starts[pair] as number;
    const end = starts[pair + 1] as number;
    const shortest = tokens[first] as number;
    const isToken = first < end && this.vocabulary.lengthOf(shortest) === 2;
    const node = isToken ? shortest : first < end ? this.nextInnerNode++ : NONE;
    this.pairs[pair] = node;
    for (let at = isToken ? first + 1 : first; at < end; at++) this.add(node, tokens[at] as number);
    return node;
  }

  private add(pairNode: number, token: number): void {
    const { bytes, starts } = this.vocabulary.ranks;
    const last = (starts[token + 1] as number) - 1;
    let node = pairNode;
    for (let at = (starts[token] as number) + 2; at < last; at++) {
      const child = this.child(node, bytes[at] as number);
      node = child === NONE ? this.link(node, bytes[at] as number, this.nextInnerNode++) : child;
    }
    this.link(node, bytes[last] as number, token);
  }

  private link(node: number, byte: number, child: number): number {
    const { edges, mask } = this;
    const key = ((node << 8) | byte) + 1;
    let slot = hashWords(key, 0) & mask;
    while (edges[slot * STRIDE] !== 0) slot = (slot + 1) & mask;
    edges[slot * STRIDE] = key;
    edges[slot * STRIDE + 1] = child;
    return child;
  }
}

/** The token of every byte. */
function singleByteTokens(vocabulary: Vocabulary): Int32Array {
  const { bytes, starts } = vocabulary.ranks;
  const singles = new Int32Array(256);
  for (let token = 0; token < vocabulary.size; token++) {
    if (vocabulary.lengthOf(token) === 1) singles[bytes[starts[token] as number] as number] = token;
  }
  return singles;
}
