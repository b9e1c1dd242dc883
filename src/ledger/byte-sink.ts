import { writeSync } from "node:fs";

/**
 * Appends text to a file by way of one buffer that is used again and again: a run writes gigabytes this way, and
 * what is not allocated need not be collected.
 */
export class ByteSink {
  readonly #descriptor: number;
  readonly #buffer: Buffer;
  #filled = 0;
  /** Bytes appended so far. */
  size = 0;

  constructor(descriptor: number, bufferBytes: number) {
    this.#descriptor = descriptor;
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
  }

  /** @returns bytes of UTF-8 */
  append(text: string): number {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#buffer.length - this.#filled) this.flush();
    if (bytes > this.#buffer.length) writeFully(this.#descriptor, Buffer.from(text));
    else this.#filled += this.#buffer.write(text, this.#filled);
    this.size += bytes;
    return bytes;
  }

  flush(): void {
    writeFully(this.#descriptor, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

function writeFully(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}
