/** Pulls chunks from a source, with a look ahead. */
export class ByteReader implements AsyncIterable<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** Chunks that were looked at, or given back, and not yet taken. */
  #ahead: Uint8Array[] = [];

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** The next chunk, or undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return ahead;
    return this.#pull();
  }

  /** The next bytes without taking them: at least that many, unless the source ends before. */
  async peek(minBytes: number): Promise<Buffer> {
    let length = this.#ahead.reduce((sum, chunk) => sum + chunk.length, 0);
    while (length < minBytes) {
      const chunk = await this.#pull();
      if (chunk === undefined) break;
      this.#ahead.push(chunk);
      length += chunk.length;
    }
    if (this.#ahead.length > 1) this.#ahead = [Buffer.concat(this.#ahead)];
    const [bytes = Buffer.alloc(0)] = this.#ahead;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Puts bytes in front of what is still to come. */
  giveBack(bytes: Uint8Array): void {
    this.#ahead.unshift(bytes);
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  /** Takes all that is left. Breaking out does not close the source: that is the owner's to do. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk;
  }

  async #pull(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      if (value.length > 0) return value;
    }
  }
}
