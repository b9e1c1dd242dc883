import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { InputDataError, messageOf, systemCodeOf } from "../core/errors.ts";
import { ByteReader } from "./byte-reader.ts";

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Bytes of plain text that a decoder hands out at a time. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Undoes gzip and zstd, told by their magic bytes; anything else passes as it is. Files made of several compressed
 * parts, one behind the other, are read to the end.
 *
 * @param file The name for messages.
 * @throws {InputDataError} when the compressed data is broken or cut off.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  try {
    const magic = await reader.peek(ZSTD_MAGIC.length);
    if (startsWith(magic, GZIP_MAGIC)) yield* new PartDecoder(createGunzip({ chunkSize: CHUNK_BYTES }), reader, file);
    else if (startsWith(magic, ZSTD_MAGIC)) yield* decodeZstd(reader, file);
    else yield* reader;
  } finally {
    await reader.close();
  }
}

/** Whether these are the first bytes of gzip or zstd. */
export function isCompressed(head: Uint8Array): boolean {
  return startsWith(head, GZIP_MAGIC) || startsWith(head, ZSTD_MAGIC);
}

/** Node's decoder stops, without a word, behind the first frame. */
async function* decodeZstd(reader: ByteReader, file: string): AsyncGenerator<Uint8Array> {
  while ((await reader.peek(1)).length > 0) {
    yield* new PartDecoder(createZstdDecompress({ chunkSize: CHUNK_BYTES }), reader, file);
  }
}

/** Feeds a decoder until it has its end, and gives back the bytes that it did not want. */
class PartDecoder implements AsyncIterable<Uint8Array> {
  readonly #decoder: Transform & { readonly bytesWritten: number };
  readonly #reader: ByteReader;
  readonly #file: string;

  constructor(decoder: Transform & { readonly bytesWritten: number }, reader: ByteReader, file: string) {
    this.#decoder = decoder;
    this.#reader = reader;
    this.#file = file;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const feeding = this.#feed();
    try {
      for await (const chunk of this.#decoder) yield chunk;
      await feeding;
    } catch (error) {
      throw isDecoderError(error) ? this.#broken(error) : error;
    } finally {
      this.#decoder.destroy();
    }
  }

  async #feed(): Promise<void> {
    let fedBytes = 0;
    try {
      for (let chunk = await this.#reader.next(); chunk !== undefined; chunk = await this.#reader.next()) {
        await this.#write(chunk);
        fedBytes += chunk.length;
        const unwanted = fedBytes - this.#decoder.bytesWritten;
        if (unwanted === 0) continue;
        this.#reader.giveBack(chunk.subarray(chunk.length - unwanted));
        return;
      }
      this.#decoder.end();
    } catch (error) {
      // The consumer sees it as the decoder's error; here it would be an unhandled rejection.
      this.#decoder.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#decoder.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  #broken(error: unknown): InputDataError {
    return new InputDataError(`${this.#file}: the compressed data is broken or cut off: ${messageOf(error)}`, {
      hint: "Check the file with gzip -t or zstd -t.",
      cause: error,
    });
  }
}

function startsWith(bytes: Uint8Array, magic: Buffer): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

function isDecoderError(error: unknown): boolean {
  const code = systemCodeOf(error) ?? "";
  return code.startsWith("Z_") || code.startsWith("ZSTD_") || code === "ERR_TRAILING_JUNK_AFTER_STREAM_END";
}
