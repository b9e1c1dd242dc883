const NEWLINE = 0x0a;

/** Enough that handing a block to another thread costs nothing beside counting it. */
const BLOCK_BYTES = 1 << 20;

/** Some lines of a file, whole. */
export interface LineBlock {
  /** The lines with their newlines, which only the input's last line may lack. A buffer of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of the first line, from 1 on. */
  readonly firstLine: number;
  /** For a line above the limit, which comes alone and without its bytes: how many they are. */
  readonly longLineBytes?: number;
}

export interface LineBlockOptions {
  /** The bytes of a longer line are not kept. */
  readonly maxLineBytes: number;
  /** How large a block is, unless one line makes it larger. */
  readonly blockBytes?: number;
}

/**
 * Cuts bytes into blocks of whole lines, told by the byte 0x0A and nothing else. Memory is bounded by the larger of the
 * two sizes, and time is linear in the input.
 */
export async function* cutIntoLineBlocks(
  source: AsyncIterable<Uint8Array>,
  options: LineBlockOptions,
): AsyncGenerator<LineBlock> {
  const cutter = new LineBlockCutter(options);
  for await (const chunk of source) yield* cutter.add(chunk);
  yield* cutter.end();
}

class LineBlockCutter {
  readonly #blockBytes: number;
  readonly #maxLineBytes: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** The number of the line that the next block begins with. */
  #line = 1;
  /** The bytes so far of a line that is too long to be kept. */
  #longLineBytes = 0;

  constructor({ maxLineBytes, blockBytes = BLOCK_BYTES }: LineBlockOptions) {
    this.#blockBytes = blockBytes;
    this.#maxLineBytes = maxLineBytes;
    this.#buffer = new Uint8Array(blockBytes);
  }

  *add(chunk: Uint8Array): Generator<LineBlock> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#longLineBytes > 0) {
        const end = viewOf(rest).indexOf(NEWLINE);
        this.#longLineBytes += end === -1 ? rest.length : end;
        if (end === -1) return;
        yield this.#takeLongLine();
        rest = rest.subarray(end + 1);
      } else {
        rest = this.#fill(rest);
        if (this.#length === this.#buffer.length) yield* this.#makeRoom();
      }
    }
  }

  *end(): Generator<LineBlock> {
    if (this.#longLineBytes > 0) yield this.#takeLongLine();
    else if (this.#length > 0) yield this.#take(this.#length);
  }

  /** @returns what there was no room for */
  #fill(bytes: Uint8Array): Uint8Array {
    const fitting = bytes.subarray(0, this.#buffer.length - this.#length);
    this.#buffer.set(fitting, this.#length);
    this.#length += fitting.length;
    return bytes.subarray(fitting.length);
  }

  /** Hands out the whole lines of a full buffer. One without any grows, as long as its line may. */
  *#makeRoom(): Generator<LineBlock> {
    const end = viewOf(this.#buffer).lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield this.#take(end);
    } else if (this.#length > this.#maxLineBytes) {
      this.#longLineBytes = this.#length;
      this.#renew(new Uint8Array(0));
    } else {
      const grown = new Uint8Array(Math.min(2 * this.#length, this.#maxLineBytes + 1));
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
  }

  #take(end: number): LineBlock {
    const full = this.#buffer;
    const block = { bytes: full.subarray(0, end), firstLine: this.#line };
    this.#line += newlinesIn(block.bytes);
    this.#renew(full.subarray(end, this.#length));
    return block;
  }

  #takeLongLine(): LineBlock {
    const block = { bytes: new Uint8Array(0), firstLine: this.#line, longLineBytes: this.#longLineBytes };
    this.#line++;
    this.#longLineBytes = 0;
    return block;
  }

  #renew(rest: Uint8Array): void {
    this.#buffer = new Uint8Array(Math.max(this.#blockBytes, rest.length + 1));
    this.#buffer.set(rest);
    this.#length = rest.length;
  }
}

function newlinesIn(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let count = 0;
  for (let at = view.indexOf(NEWLINE); at !== -1; at = view.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The same bytes as a Buffer, whose searches are the fast ones. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
