import { open } from "node:fs/promises";

const BLOCK_BYTES = 256 * 1024;

/** A part of a file, in bytes; without bounds, all of it. */
export interface FileRange {
  readonly start?: number;
  /** The first byte that is no part of it. */
  readonly end?: number;
}

/**
 * Reads a file in blocks, all into the same buffer: a block is overwritten by the next. A read stream would make a
 * new buffer each time, and tens of megabytes of them before any is collected.
 */
export async function* readBlocks(path: string, range: FileRange = {}): AsyncGenerator<Buffer> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = range;
  const handle = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    for (let position = start; position < end; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(BLOCK_BYTES, end - position), position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
