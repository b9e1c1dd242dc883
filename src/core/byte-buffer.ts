/** Collects pieces of one record, up to a limit. It grows by doubling, so many small pieces stay linear. */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #keptBytes = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes appended since the last `take`, kept or not. */
  get length(): number {
    return this.#length;
  }

  /** Copies the piece; what is beyond the limit is only counted. */
  append(piece: Uint8Array): void {
    this.#length += piece.length;
    const kept = piece.subarray(0, Math.max(0, this.#maxBytes - this.#keptBytes));
    if (kept.length === 0) return;
    this.#reserve(this.#keptBytes + kept.length);
    this.#bytes.set(kept, this.#keptBytes);
    this.#keptBytes += kept.length;
  }

  /** Hands out what was kept and starts anew. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#keptBytes);
    this.#bytes = Buffer.alloc(0);
    this.#keptBytes = 0;
    this.#length = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(bytes, this.#bytes.length * 2)));
    this.#bytes.copy(grown, 0, 0, this.#keptBytes);
    this.#bytes = grown;
  }
}
