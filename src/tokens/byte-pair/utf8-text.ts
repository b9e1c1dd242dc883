/** A byte that UTF-8 never holds; it stands behind the text so that scans need no test for the end. */
const END = 0xff;

/** Room behind the text: the sentinel, and the 32-bit reads that begin in the text and end behind it. */
const PADDING = 16;

/** Texts above this many UTF-16 code units get no more bytes than they need; three for each unit are enough for all. */
const LONG_LENGTH = 1 << 17;

/** Buffers above this many bytes are given back as soon as the text is counted. */
const MAX_KEPT_BYTES = 1 << 20;

/** A text as UTF-8 in a buffer that is used again for the next one, and the class of the character at a byte. */
export class Utf8Text {
  bytes = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** The number of bytes of the text. */
  length = 0;

  private readonly encoder = new TextEncoder();
  /** The class of every byte that is a character itself; 0 for those of longer characters, and for the end. */
  readonly byteClasses = new Uint8Array(256);
  private readonly classes: Uint8Array;

  /** @param classes The class of every code point. */
  constructor(classes: Uint8Array) {
    this.classes = classes;
    this.byteClasses.set(classes.subarray(0, 0x80));
  }

  /** Replaces the text. Lone surrogates become U+FFFD. */
  encode(text: string): void {
    this.reserve(text.length > LONG_LENGTH ? Buffer.byteLength(text) : text.length * 3);
    this.length = this.encoder.encodeInto(text, this.bytes).written;
    this.bytes[this.length] = END;
  }

  /** Gives a buffer back that a long text made large. */
  release(): void {
    if (this.bytes.length > MAX_KEPT_BYTES) this.allocate(0);
  }

  /** The class of the character that starts at a byte; 0 at the end of the text. */
  classAt(at: number): number {
    const found = this.byteClasses[this.bytes[at] as number] as number;
    return found === 0 ? this.wideClassAt(at) : found;
  }

  /** The bytes of the character that starts at a byte. */
  lengthAt(at: number): number {
    const byte = this.bytes[at] as number;
    if (byte < 0x80) return 1;
    if (byte < 0xe0) return 2;
    return byte < 0xf0 ? 3 : 4;
  }

  private wideClassAt(at: number): number {
    const point = this.codePointAt(at);
    return point < 0 ? 0 : (this.classes[point] as number);
  }

  /** The code point of a character of two bytes or more, or -1 at the end of the text. */
  private codePointAt(at: number): number {
    const { bytes } = this;
    const first = bytes[at] as number;
    const second = (bytes[at + 1] as number) & 63;
    if (first < 0xe0) return ((first & 31) << 6) | second;
    const third = (bytes[at + 2] as number) & 63;
    if (first < 0xf0) return ((first & 15) << 12) | (second << 6) | third;
    if (first === END) return -1;
    return ((first & 7) << 18) | (second << 12) | (third << 6) | ((bytes[at + 3] as number) & 63);
  }

  private reserve(bytes: number): void {
    if (this.bytes.length < bytes + PADDING) this.allocate(Math.max(bytes, 2 * (this.bytes.length - PADDING)));
  }

  private allocate(bytes: number): void {
    this.bytes = new Uint8Array(bytes + PADDING);
    this.view = new DataView(this.bytes.buffer);
  }
}
