import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { ByteReader } from "./byte-reader.ts";
import { decompress } from "./decompress.ts";
import { inputErrorOf, STDIN } from "./inputs.ts";

/**
 * One input's bytes, decompressed. Nothing is opened before the first byte is asked for. Iterated once; the file is
 * closed at the end, also when the consumer stops early.
 */
export class Input implements AsyncIterable<Uint8Array> {
  /** As the user named it; `-` for stdin. */
  readonly path: string;
  readonly #stdin: Readable;
  #raw: Readable | undefined;
  #reader: ByteReader | undefined;

  constructor(path: string, stdin: Readable) {
    this.path = path;
    this.#stdin = stdin;
  }

  /**
   * The first bytes, which stay to be read. Waits for that many, or for the end of the input.
   *
   * @throws as iterating does
   */
  async peek(maxBytes: number): Promise<Buffer> {
    return (await this.#open().peek(maxBytes)).subarray(0, maxBytes);
  }

  /**
   * @throws {InputMissingError} when the file cannot be opened or read.
   * @throws {InputDataError} when its compressed data is broken.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#open();
    } finally {
      await this.close();
    }
  }

  /** Lets go of the file, for an input that was peeked at and is not wanted. */
  async close(): Promise<void> {
    // Before the reader: a read that waits for a slow pipe would keep it from closing.
    this.#raw?.destroy();
    await this.#reader?.close();
  }

  #open(): ByteReader {
    this.#reader ??= new ByteReader(decompress(this.#read(), this.path));
    return this.#reader;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    this.#raw = this.path === STDIN ? this.#stdin : createReadStream(this.path);
    try {
      for await (const chunk of this.#raw) yield chunk;
    } catch (error) {
      throw inputErrorOf(error, this.path);
    }
  }
}

/** @param stdin Read when the path is `-`. */
export function openInput(path: string, stdin: Readable): Input {
  return new Input(path, stdin);
}
