import { ByteBuffer } from "./byte-buffer.ts";

const NEWLINE = 0x0a;
/** So that a chunk of nothing but newlines does not become as many objects at once. */
const LINES_PER_ARRAY = 1024;

/** A line of bytes, without its newline. Its bytes may be part of the source's chunk. */
export interface Line {
  readonly bytes: Buffer;
  /** Offset of the line's first byte in the whole source. */
  readonly offset: number;
  /** False for the last line when the source does not end in a newline. */
  readonly terminated: boolean;
  /** Length in bytes of the whole line; more than `bytes.length` when it was longer than the limit and got clipped. */
  readonly length: number;
}

/**
 * Splits bytes into lines on the byte 0x0A and nothing else (`node:readline` also splits on U+2028, which JSON
 * strings may hold). Memory is bounded by `maxLineBytes` plus one source chunk; time is linear in the input,
 * however a line is cut into chunks.
 *
 * @param maxLineBytes A longer line comes out clipped to this length, its `length` telling the truth.
 * @returns arrays of lines, at the latest when the source chunk that completed them is used up
 */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<readonly Line[]> {
  const pending = new PendingLine(maxLineBytes);
  let offset = 0;
  for await (const chunk of source) {
    const block = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let lines: Line[] = [];
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, start)) {
      lines.push(pending.finish(block.subarray(start, end), offset + start, true));
      start = end + 1;
      if (lines.length < LINES_PER_ARRAY) continue;
      yield lines;
      lines = [];
    }
    pending.append(block.subarray(start), offset + start);
    offset += block.length;
    if (lines.length > 0) yield lines;
  }
  if (!pending.isEmpty) yield [pending.finish(Buffer.alloc(0), offset, false)];
}

/** The part of a line that earlier chunks brought. */
class PendingLine {
  readonly #maxBytes: number;
  readonly #buffer: ByteBuffer;
  #offset = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#buffer = new ByteBuffer(maxBytes);
  }

  get isEmpty(): boolean {
    return this.#buffer.length === 0;
  }

  append(piece: Buffer, offset: number): void {
    if (this.isEmpty) this.#offset = offset;
    this.#buffer.append(piece);
  }

  finish(rest: Buffer, offset: number, terminated: boolean): Line {
    if (this.isEmpty) {
      return { bytes: rest.subarray(0, this.#maxBytes), offset, terminated, length: rest.length };
    }
    this.append(rest, offset);
    const length = this.#buffer.length;
    return { bytes: this.#buffer.take(), offset: this.#offset, terminated, length };
  }
}
