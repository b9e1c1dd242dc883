import type { Ranks } from "../../src/tokens/byte-pair/ranks.ts";

/** Byte pair encoding word for word: again and again the leftmost pair of the lowest rank is merged; O(n log n). */
export class MergeByRank {
  private readonly ranks = new Map<string, number>();

  constructor(ranks: Ranks) {
    const text = Buffer.from(ranks.bytes).toString("latin1");
    for (let token = 0; token + 1 < ranks.starts.length; token++) {
      this.ranks.set(text.slice(ranks.starts[token], ranks.starts[token + 1]), token);
    }
  }

  /** The number of tokens of a piece, given as a string of one character per byte. */
  count(piece: string): number {
    const ends = Array.from({ length: piece.length }, (_, at) => at + 1);
    const starts = Array.from({ length: piece.length + 1 }, (_, at) => at - 1);
    const queue = new Queue();
    const offer = (start: number): void => {
      const middle = ends[start] ?? 0;
      const end = ends[middle] ?? 0;
      const rank = middle < piece.length ? this.ranks.get(piece.slice(start, end)) : undefined;
      if (rank !== undefined) queue.push({ rank, start, middle, end });
    };
    for (let at = 0; at < piece.length; at++) offer(at);
    let parts = piece.length;
    for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
      if (ends[pair.start] !== pair.middle || ends[pair.middle] !== pair.end) continue;
      ends[pair.start] = pair.end;
      ends[pair.middle] = -1;
      starts[pair.end] = pair.start;
      parts--;
      offer(pair.start);
      if (pair.start > 0) offer(starts[pair.start] ?? 0);
    }
    return parts;
  }
}

interface Pair {
  readonly rank: number;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/** A binary heap of pairs, the lowest rank first and of equal ones the leftmost. */
class Queue {
  private readonly heap: Pair[] = [];

  push(pair: Pair): void {
    const { heap } = this;
    let at = heap.push(pair) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.isBefore(at, parent); parent = (at - 1) >> 1) {
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): Pair | undefined {
    const { heap } = this;
    this.swap(0, heap.length - 1);
    const pair = heap.pop();
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = this.isBefore(left + 1, left) ? left + 1 : left;
      if (!this.isBefore(child, at)) return pair;
      this.swap(child, at);
      at = child;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const first = this.heap[a];
    const second = this.heap[b];
    if (first === undefined || second === undefined) return false;
    return first.rank === second.rank ? first.start < second.start : first.rank < second.rank;
  }

  private swap(a: number, b: number): void {
    const first = this.heap[a];
    const second = this.heap[b];
    if (first === undefined || second === undefined) return;
    this.heap[a] = second;
    this.heap[b] = first;
  }
}
