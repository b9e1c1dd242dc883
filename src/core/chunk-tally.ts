import type { ChunkLimits } from "./chunk-limits.ts";

/** Counts the chunks that requests would go into, in their order, and makes none. */
export class ChunkTally {
  /** Chunks so far. */
  chunks = 0;
  readonly #limits: ChunkLimits;
  readonly #slots: { requests: number; bytes: number; tokens: number }[];
  #turn = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
    this.#slots = Array.from({ length: limits.count ?? 1 }, () => ({ requests: 0, bytes: 0, tokens: 0 }));
  }

  /** Whether there can be a chunk that takes a request: one that is too large by itself goes into none. */
  takes(bytes: number, tokens: number): boolean {
    return bytes <= this.#limits.bytes && tokens <= this.#limits.tokens;
  }

  /**
   * Puts a request into a chunk.
   *
   * @param bytes Of its line in the batch's input file.
   */
  add(bytes: number, tokens: number): void {
    const slot = this.#slots[this.#turn++ % this.#slots.length];
    if (slot === undefined) return;
    const { requests, bytes: maxBytes, tokens: maxTokens } = this.#limits;
    const isFull = slot.requests >= requests || slot.bytes + bytes > maxBytes || slot.tokens + tokens > maxTokens;
    if (slot.requests === 0 || isFull) {
      this.chunks++;
      Object.assign(slot, { requests: 0, bytes: 0, tokens: 0 });
    }
    slot.requests++;
    slot.bytes += bytes;
    slot.tokens += tokens;
  }
}
