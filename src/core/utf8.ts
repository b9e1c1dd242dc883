import { isUtf8 } from "node:buffer";

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes as text, or undefined when they are not UTF-8 (nothing is replaced by U+FFFD). */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

/** The start of the text, at most that many bytes of UTF-8, cut on a character border. */
export function clipText(text: string, maxBytes: number): string {
  // A code unit takes at least one byte, so the slice cannot lose what would have fitted.
  return clipUtf8(Buffer.from(text.slice(0, maxBytes)), maxBytes);
}

/** The same for bytes that may not even be UTF-8; what cannot be decoded shows as U+FFFD. */
export function clipBytes(bytes: Buffer, maxBytes: number): string {
  const text = clipUtf8(bytes, maxBytes);
  return Buffer.byteLength(text) <= maxBytes ? text : clipText(text, maxBytes);
}

/** Takes the byte order mark, if there is one, off the front of a source, and remembers its length. */
export class ByteOrderMarkStripper {
  #length = 0;

  /** Bytes stripped: 3 or 0. Known once the first chunk has come out. */
  get length(): number {
    return this.#length;
  }

  async *strip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of source) {
      if (head === undefined) {
        yield chunk;
        continue;
      }
      head = Buffer.concat([head, chunk]);
      if (head.length < BYTE_ORDER_MARK.length) continue;
      this.#length = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
      yield head.subarray(this.#length);
      head = undefined;
    }
    if (head !== undefined) yield head;
  }
}

function clipUtf8(bytes: Buffer, maxBytes: number): string {
  if (bytes.length <= maxBytes) return bytes.toString("utf8");
  let end = maxBytes;
  // A character has at most three continuation bytes; more than that is no UTF-8 and has no border to look for.
  while (end > maxBytes - 4 && end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
