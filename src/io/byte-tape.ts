import { type FileHandle, open } from "node:fs/promises";
import { outputErrorOf } from "./output-error.ts";

/** How much is read back from the disk at a time. */
const READ_BYTES = 64 * 1024;

export interface ByteTapeOptions {
  /** Where bytes go that are too many to be held; not made before it is needed. Whose folder it is removes it. */
  readonly spillPath: string;
  /** How much is held in memory, beyond the block that passes. */
  readonly maxBytes: number;
}

/**
 * Keeps the bytes of a source as they pass, until it is known where they go. What is too much to be held, because a
 * record or a gap between records is, waits on disk.
 */
export class ByteTape {
  readonly #options: ByteTapeOptions;
  #blocks: Uint8Array[] = [];
  #blockBytes = 0;
  /** How much of the source has been taken. */
  #taken = 0;
  #spill: SpillFile | undefined;

  constructor(options: ByteTapeOptions) {
    this.#options = options;
  }

  /** Passes a source on, and keeps what passes. */
  async *record(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const block of source) {
      this.#blocks.push(block);
      this.#blockBytes += block.length;
      if (this.#blockBytes > this.#options.maxBytes) await this.#spillBlocks();
      yield block;
    }
  }

  /**
   * Takes what is kept, in order, up to that offset in the source, and forgets it.
   *
   * @throws {OutputError} when the disk, with what waits there, cannot be written or read
   */
  async *take(end: number): AsyncGenerator<Uint8Array> {
    while (this.#spill !== undefined && !this.#spill.isEmpty && this.#taken < end) {
      const bytes = await this.#spill.take(end - this.#taken);
      this.#taken += bytes.length;
      yield bytes;
    }
    while (this.#blocks[0] !== undefined && this.#taken < end) yield this.#takeBlock(this.#blocks[0], end);
  }

  /** Forgets what is kept up to that offset. */
  async skip(end: number): Promise<void> {
    const taken = this.take(end);
    while (!(await taken.next()).done);
  }

  async close(): Promise<void> {
    await this.#spill?.close();
  }

  #takeBlock(block: Uint8Array, end: number): Uint8Array {
    const bytes = block.subarray(0, end - this.#taken);
    if (bytes.length === block.length) this.#blocks.shift();
    else this.#blocks[0] = block.subarray(bytes.length);
    this.#blockBytes -= bytes.length;
    this.#taken += bytes.length;
    return bytes;
  }

  async #spillBlocks(): Promise<void> {
    this.#spill ??= await SpillFile.create(this.#options.spillPath);
    for (const block of this.#blocks) await this.#spill.append(block);
    this.#blocks = [];
    this.#blockBytes = 0;
  }
}

/** A queue of bytes on disk. Emptied, it takes no room. */
class SpillFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #readBytes = 0;
  #writtenBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<SpillFile> {
    try {
      return new SpillFile(path, await open(path, "w+"));
    } catch (error) {
      throw outputErrorOf(error, path);
    }
  }

  get isEmpty(): boolean {
    return this.#readBytes === this.#writtenBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#writtenBytes);
        done += bytesWritten;
        this.#writtenBytes += bytesWritten;
      }
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }

  async take(maxBytes: number): Promise<Uint8Array> {
    const wanted = Math.min(maxBytes, READ_BYTES, this.#writtenBytes - this.#readBytes);
    try {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(wanted), 0, wanted, this.#readBytes);
      if (bytesRead === 0) throw new Error("it has been cut from outside");
      this.#readBytes += bytesRead;
      if (this.isEmpty) await this.#clear();
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#readBytes = 0;
    this.#writtenBytes = 0;
  }
}
