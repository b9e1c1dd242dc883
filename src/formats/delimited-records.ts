import { ByteBuffer } from "../core/byte-buffer.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/** One record of a delimited file, not yet cut into cells. */
export interface DelimitedRecord {
  /** The record without its line ending. */
  readonly bytes: Buffer;
  /** More than `bytes.length` when the record was longer than the limit. */
  readonly length: number;
  readonly offset: number;
  /** 1-based number of the line it starts on. */
  readonly line: number;
  readonly hasQuotes: boolean;
  /** Why it cannot be cut into cells. */
  readonly problem: string | undefined;
}

/** Where the scanner stands. After a quote inside quotes, the next byte tells whether the cell is closed. */
type Place = "cell start" | "bare" | "quoted" | "quote seen" | "return seen" | "broken";

/** How much is scanned before records are handed on, so that a long rest does not become a long list of them. */
const SLICE_BYTES = 64 * 1024;

const PROBLEMS = {
  strayQuote: "a quote stands inside a cell that does not begin with one",
  afterQuote: "a quoted cell goes on after its closing quote",
  notClosed: "a quoted cell that begins here is not closed properly",
} as const;

/**
 * Finds the borders of CSV and TSV records, which csv-parse does not tell when a record is broken. A quoted cell
 * that is not closed properly would swallow what follows it; so when that shows on a later line, only the lines up
 * to the one where the cell was opened are given up, and the rest is looked at again. (At most once: between the
 * two places there are only doubled quotes, which cannot open a cell that stays open.) A record beyond the limit
 * is not held, and so comes out as one.
 */
export class DelimitedRecordScanner {
  readonly #delimiter: number;
  readonly #maxBytes: number;
  readonly #buffer: ByteBuffer;
  #found: DelimitedRecord[] = [];
  #place: Place = "cell start";
  #problem: string | undefined;
  #hasQuotes = false;
  /** Length of the record up to the end of the line on which its open quote stands; 0 while that line lasts. */
  #firstLinesLength = 0;
  #innerLines = 0;
  #line = 1;
  #offset = 0;

  /** @param maxRecordBytes A longer record comes out clipped, its `length` telling the truth. */
  constructor(delimiter: string, maxRecordBytes: number) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#maxBytes = maxRecordBytes;
    this.#buffer = new ByteBuffer(maxRecordBytes);
  }

  /** Takes the next bytes and gives the records that end in them; blank lines are skipped. */
  *push(block: Buffer): Generator<readonly DelimitedRecord[]> {
    const blocks = [block];
    for (let next = blocks.pop(); next !== undefined; next = blocks.pop()) {
      if (next.length > SLICE_BYTES) blocks.push(next.subarray(SLICE_BYTES));
      const slice = next.subarray(0, SLICE_BYTES);
      const end = this.#scan(slice);
      if (end < slice.length) blocks.push(slice.subarray(end), this.#giveUpFirstLines());
      yield* this.#takeFound();
    }
  }

  /** Says that the bytes are over; gives the last records. */
  *finish(): Generator<readonly DelimitedRecord[]> {
    while (this.#place === "quoted" && this.#canGiveUpFirstLines()) yield* this.push(this.#giveUpFirstLines());
    if (this.#place === "quoted") this.#problem = PROBLEMS.notClosed;
    this.#endRecord(Buffer.alloc(0));
    yield* this.#takeFound();
  }

  *#takeFound(): Generator<readonly DelimitedRecord[]> {
    const found = this.#found;
    this.#found = [];
    if (found.length > 0) yield found;
  }

  /** @returns the block's length, or the index of a byte that shows that lines were swallowed */
  #scan(block: Buffer): number {
    let start = 0;
    let index = this.#pass(block, 0);
    for (; index < block.length; index = this.#pass(block, index + 1)) {
      const byte = block[index];
      if (byte === NEWLINE && this.#place !== "quoted") {
        this.#endRecord(block.subarray(start, index));
        start = index + 1;
      } else if (byte === NEWLINE) {
        this.#noteInnerLine(index + 1 - start);
      } else if (this.#isSwallowing(byte, index - start)) {
        break;
      } else {
        this.#step(byte);
      }
    }
    this.#buffer.append(block.subarray(start, index));
    return index;
  }

  /** The index of the next byte that may change anything: inside a cell most do not. */
  #pass(block: Buffer, start: number): number {
    if (this.#place !== "bare" && this.#place !== "quoted") return start;
    const delimiter = this.#place === "bare" ? this.#delimiter : QUOTE;
    let index = start;
    while (index < block.length) {
      const byte = block[index];
      if (byte === delimiter || byte === QUOTE || byte === NEWLINE) return index;
      index++;
    }
    return index;
  }

  #step(byte: number | undefined): void {
    const place = nextPlace(this.#place, byte, this.#delimiter);
    if (place === this.#place) return;
    if (byte === QUOTE) this.#hasQuotes = true;
    if (place === "cell start") this.#firstLinesLength = 0;
    if (place === "broken") this.#problem = byte === QUOTE ? PROBLEMS.strayQuote : PROBLEMS.afterQuote;
    this.#place = place;
  }

  #noteInnerLine(lengthInBlock: number): void {
    this.#innerLines++;
    if (this.#firstLinesLength === 0) this.#firstLinesLength = this.#buffer.length + lengthInBlock;
  }

  /** Whether this byte shows that the quoted cell had swallowed lines that are not its own. */
  #isSwallowing(byte: number | undefined, lengthInBlock: number): boolean {
    if (this.#firstLinesLength === 0 || this.#buffer.length + lengthInBlock > this.#maxBytes) return false;
    return this.#place === "quote seen" && nextPlace(this.#place, byte, this.#delimiter) === "broken";
  }

  #canGiveUpFirstLines(): boolean {
    return this.#firstLinesLength > 0 && this.#buffer.length <= this.#maxBytes;
  }

  /** Ends the record with the line its quote was opened on; returns the bytes to be looked at again. */
  #giveUpFirstLines(): Buffer {
    const length = this.#firstLinesLength;
    const held = this.#buffer.take();
    const firstLines = held.subarray(0, length - 1);
    this.#problem = PROBLEMS.notClosed;
    this.#innerLines = countNewlines(firstLines);
    this.#endRecord(firstLines);
    return held.subarray(length);
  }

  #endRecord(tail: Buffer): void {
    const length = this.#buffer.length + tail.length;
    const bytes = withoutReturn(this.#takeBytes(tail));
    if (bytes.length > 0) {
      const [offset, line, hasQuotes, problem] = [this.#offset, this.#line, this.#hasQuotes, this.#problem];
      this.#found.push({ bytes, length, offset, line, hasQuotes, problem });
    }
    this.#offset += length + 1;
    this.#line += this.#innerLines + 1;
    this.#innerLines = 0;
    this.#firstLinesLength = 0;
    this.#hasQuotes = false;
    this.#problem = undefined;
    this.#place = "cell start";
  }

  #takeBytes(tail: Buffer): Buffer {
    if (this.#buffer.length === 0) return tail.subarray(0, this.#maxBytes);
    this.#buffer.append(tail);
    return this.#buffer.take();
  }
}

function nextPlace(place: Place, byte: number | undefined, delimiter: number): Place {
  switch (place) {
    case "cell start":
      if (byte === delimiter) return "cell start";
      return byte === QUOTE ? "quoted" : "bare";
    case "bare":
      if (byte === delimiter) return "cell start";
      return byte === QUOTE ? "broken" : "bare";
    case "quoted":
      return byte === QUOTE ? "quote seen" : "quoted";
    case "quote seen":
      if (byte === QUOTE) return "quoted";
      if (byte === delimiter) return "cell start";
      return byte === RETURN ? "return seen" : "broken";
    default:
      return "broken";
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
