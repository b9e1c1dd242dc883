import { ByteBuffer } from "../core/byte-buffer.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NO_BYTES = Buffer.alloc(0);

/** One element of the document: bytes that are balanced, but not yet parsed. */
export interface JsonElement {
  readonly bytes: Buffer;
  /** More than `bytes.length` when the element was longer than the limit. */
  readonly length: number;
  readonly offset: number;
  /** What is wrong around the element: no comma before it, nothing in it, no end. */
  readonly problem: string | undefined;
}

/** Where the scanner stands; `first`, `next` and `after` only inside the array, `behind` past its end. */
type Place = "start" | "first" | "next" | "inside" | "after" | "behind" | "sequence";

/** What kind of element it stands in: `{…}` or `[…]`, `"…"`, anything else, or all that follows the array. */
type Kind = "container" | "string" | "bare" | "rest";

const PROBLEMS = {
  cutOff: "the JSON is not closed at the end of the input, which may be cut off",
  noComma: "expected ',' or ']' before this element",
  noElement: "expected an element before this ',' or ']'",
  behind: "unexpected text after the end of the array",
} as const;

/**
 * Cuts a JSON document into the elements of its top-level array, or, if it does not start with `[`, into the
 * objects that stand in it one after the other. A state machine over bytes: it holds one element, and looks at each
 * byte once, whatever the input.
 */
export class JsonElementScanner {
  readonly #buffer: ByteBuffer;
  readonly #tracker = new BalanceTracker();
  #found: JsonElement[] = [];
  #place: Place = "start";
  #kind: Kind = "bare";
  #isArray = false;
  #elementOffset = 0;
  #offset = 0;
  #problem: string | undefined;

  /** @param maxElementBytes A longer element comes out clipped, its `length` telling the truth. */
  constructor(maxElementBytes: number) {
    this.#buffer = new ByteBuffer(maxElementBytes);
  }

  /** Takes the next bytes and returns the elements that end in them. */
  push(block: Uint8Array): readonly JsonElement[] {
    let index = 0;
    while (index < block.length) {
      index = this.#place === "inside" ? this.#inside(block, index) : this.#between(block, index);
    }
    this.#offset += block.length;
    return this.#takeFound();
  }

  /** Says that the bytes are over; returns what was left open. */
  finish(): readonly JsonElement[] {
    if (this.#place === "inside") {
      if (this.#kind !== "rest" && (this.#isArray || this.#kind !== "bare")) this.#problem = PROBLEMS.cutOff;
      this.#end();
    } else if (this.#isArray && this.#place !== "behind") {
      this.#addEmpty(this.#offset, PROBLEMS.cutOff);
    }
    return this.#takeFound();
  }

  #takeFound(): readonly JsonElement[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** Looks at one byte between elements; returns the index of the byte to look at next. */
  #between(block: Uint8Array, index: number): number {
    const byte = block[index];
    if (isSpace(byte)) return index + 1;
    if (this.#place === "start" && byte === OPEN_BRACKET) {
      this.#isArray = true;
      this.#place = "first";
      return index + 1;
    }
    if (this.#isArray && this.#place !== "behind" && (byte === COMMA || byte === CLOSE_BRACKET)) {
      this.#separate(byte, this.#offset + index);
      return index + 1;
    }
    this.#begin(byte, this.#offset + index);
    return index;
  }

  #separate(byte: number, offset: number): void {
    const isMissing = this.#place === "next" || (this.#place === "first" && byte === COMMA);
    if (isMissing) this.#addEmpty(offset, PROBLEMS.noElement);
    this.#place = byte === COMMA ? "next" : "behind";
  }

  #begin(byte: number | undefined, offset: number): void {
    this.#kind = this.#place === "behind" ? "rest" : kindOf(byte);
    this.#problem = undefined;
    if (this.#place === "behind") this.#problem = PROBLEMS.behind;
    else if (this.#place === "after") this.#problem = PROBLEMS.noComma;
    this.#tracker.reset(byte);
    this.#elementOffset = offset;
    this.#place = "inside";
  }

  /** Takes bytes of the current element; returns the index behind it, or the block's end. */
  #inside(block: Uint8Array, start: number): number {
    const end = this.#endOfElement(block, start);
    this.#buffer.append(block.subarray(start, end === -1 ? block.length : end));
    if (end === -1) return block.length;
    this.#end();
    return end;
  }

  #endOfElement(block: Uint8Array, start: number): number {
    if (this.#kind === "rest") return -1;
    if (this.#kind === "bare") return endOfBare(block, start, this.#isArray);
    return this.#tracker.findEnd(block, start);
  }

  #end(): void {
    const length = this.#buffer.length;
    const bytes = this.#buffer.take();
    this.#found.push({ bytes, length, offset: this.#elementOffset, problem: this.#problem });
    this.#place = this.#isArray ? "after" : "sequence";
  }

  #addEmpty(offset: number, problem: string): void {
    this.#found.push({ bytes: NO_BYTES, length: 0, offset, problem });
  }
}

/**
 * Follows quotes and brackets, across blocks, until the value that began with one is closed. Only brackets of the
 * kind it began with count, so that `{"a":[1}` does not take the rest of the document with it.
 */
class BalanceTracker {
  #open = 0;
  #close = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  reset(firstByte: number | undefined): void {
    this.#open = firstByte === OPEN_BRACE ? OPEN_BRACE : OPEN_BRACKET;
    this.#close = firstByte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
  }

  /** @returns the index behind the value, or -1 when it goes on in the next block */
  findEnd(block: Uint8Array, start: number): number {
    let index = start;
    while (index < block.length) {
      index = this.#isInString ? this.#passString(block, index) : this.#passBrackets(block, index);
      if (this.#depth === 0 && !this.#isInString) return index;
    }
    return -1;
  }

  /** Goes to behind the string's closing quote. */
  #passString(block: Uint8Array, start: number): number {
    for (let index = start; index < block.length; index++) {
      const byte = block[index];
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#isInString = false;
        return index + 1;
      }
    }
    return block.length;
  }

  /** Goes to behind the next bracket that closes the value, or the next quote. */
  #passBrackets(block: Uint8Array, start: number): number {
    for (let index = start; index < block.length; index++) {
      const byte = block[index];
      if (byte === QUOTE) {
        this.#isInString = true;
        return index + 1;
      }
      if (byte === this.#open) this.#depth++;
      else if (byte === this.#close && --this.#depth === 0) return index + 1;
    }
    return block.length;
  }
}

function kindOf(byte: number | undefined): Kind {
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return "container";
  return byte === QUOTE ? "string" : "bare";
}

/** A bare word ends where a value may begin, or, in an array, at a separator. */
function endOfBare(block: Uint8Array, start: number, isArray: boolean): number {
  for (let index = start; index < block.length; index++) {
    const byte = block[index];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return index;
    if (isArray && (byte === COMMA || byte === CLOSE_BRACKET)) return index;
  }
  return -1;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
