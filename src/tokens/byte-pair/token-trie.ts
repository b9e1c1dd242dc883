import type { Vocabulary } from "./vocabulary.ts";
import { hashWords, slotCountFor } from "./word-keys.ts";

/** Slots of two words: a node and a byte as one key plus one (0 in an empty slot), and the node they lead to. */
const STRIDE = 2;

/**
 * The tokens as a trie over their bytes, for the longest token at a place. A node that ends a token has the token's
 * number; the others are numbered from the size of the vocabulary on. The edges are one open-addressed table.
 */
export class TokenTrie {
  /** For each token the longest other token that it starts with, or -1. */
  readonly prefixes: Int32Array;
  private readonly size: number;
  private readonly roots = new Int32Array(256).fill(-1);
  private readonly edges: Int32Array;
  private readonly mask: number;
  private edgeCount = 0;

  constructor(vocabulary: Vocabulary) {
    this.size = vocabulary.size;
    this.prefixes = new Int32Array(this.size).fill(-1);
    this.mask = slotCountFor(2 * this.size) - 1;
    this.edges = new Int32Array((this.mask + 1) * STRIDE);
    for (const token of byLength(vocabulary)) this.add(vocabulary, token);
  }

  /** The longest token that starts at a byte and ends at `end` at the latest. Every byte is a token. */
  longest(bytes: Uint8Array, start: number, end: number): number {
    let node = this.roots[bytes[start] as number] as number;
    let longest = node;
    for (let at = start + 1; at < end; at++) {
      node = this.child(node, bytes[at] as number);
      if (node < 0) break;
      if (node < this.size) longest = node;
    }
    return longest;
  }

  private child(node: number, byte: number): number {
    const { edges, mask } = this;
    const key = ((node << 8) | byte) + 1;
    let slot = hashWords(key, 0) & mask;
    for (;;) {
      const found = edges[slot * STRIDE] as number;
      if (found === key) return edges[slot * STRIDE + 1] as number;
      if (found === 0) return -1;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds a token; those it starts with are in already, so that its last node is always a new one. */
  private add(vocabulary: Vocabulary, token: number): void {
    const { bytes, starts } = vocabulary.ranks;
    const start = starts[token] as number;
    const last = (starts[token + 1] as number) - 1;
    if (last === start) {
      this.roots[bytes[start] as number] = token;
      return;
    }
    const prefix = longestPrefix(vocabulary, token);
    this.prefixes[token] = prefix;
    let node = prefix;
    for (let at = start + vocabulary.lengthOf(prefix); at < last; at++) node = this.step(node, bytes[at] as number);
    this.link(node, bytes[last] as number, token);
  }

  private step(node: number, byte: number): number {
    const child = this.child(node, byte);
    return child < 0 ? this.link(node, byte, this.size + this.edgeCount) : child;
  }

  private link(node: number, byte: number, child: number): number {
    const key = ((node << 8) | byte) + 1;
    let slot = hashWords(key, 0) & this.mask;
    while (this.edges[slot * STRIDE] !== 0) slot = (slot + 1) & this.mask;
    this.edges[slot * STRIDE] = key;
    this.edges[slot * STRIDE + 1] = child;
    this.edgeCount++;
    return child;
  }
}

/** The longest other token that a token of two bytes or more starts with; faster than a walk from the root. */
function longestPrefix(vocabulary: Vocabulary, token: number): number {
  const { starts, view } = vocabulary.ranks;
  let prefix = -1;
  for (let length = vocabulary.lengthOf(token) - 1; prefix < 0; length--) {
    prefix = vocabulary.find(view, starts[token] as number, length);
  }
  return prefix;
}

/** The tokens by their length, so that each comes behind those it starts with. */
function byLength(vocabulary: Vocabulary): Uint32Array {
  const { size, maxTokenBytes } = vocabulary;
  const next = new Uint32Array(maxTokenBytes + 2);
  for (let token = 0; token < size; token++) increment(next, vocabulary.lengthOf(token) + 1);
  for (let length = 1; length < next.length; length++) increment(next, length, next[length - 1]);
  const ordered = new Uint32Array(size);
  for (let token = 0; token < size; token++) ordered[increment(next, vocabulary.lengthOf(token))] = token;
  return ordered;
}

/** Adds to a number in a table, and returns what it was. */
function increment(table: Uint32Array, at: number, by = 1): number {
  const before = table[at] as number;
  table[at] = before + by;
  return before;
}
