import type { Format, Span } from "../formats/format.ts";
import type { ByteTape } from "../io/byte-tape.ts";
import type { PartFile } from "../io/part-files.ts";

/** Copies records from the tape into parts as they are, in the layout of their format. */
export interface RecordCopier {
  /** Bytes that a part has beside its records. */
  readonly frameBytes: number;
  /** Bytes that the next record adds to a part. */
  sizeOf(span: Span): number;
  /** Writes what stands before the first record. */
  begin(part: PartFile): Promise<void>;
  /** Notes that the record comes next; nothing is written yet. */
  add(span: Span): void;
  /** Writes what was noted. */
  flush(part: PartFile): Promise<void>;
  /** Writes what stands behind the last record of a part. */
  end(part: PartFile): Promise<void>;
  /** Writes what stands behind the last record of all; to be called before the last `end`. */
  finish(part: PartFile): Promise<void>;
}

/** @param header A table's header, which is still to be taken from the tape. */
export async function createCopier(format: Format, tape: ByteTape, header: Span | undefined): Promise<RecordCopier> {
  if (format.layout === "array") return new ElementCopier(tape);
  return header === undefined ? new LineCopier(tape) : LineCopier.behind(header, tape);
}

const NEWLINE = 0x0a;

/** Lines, byte for byte; blank ones between two records come with the later one. Every part begins with the header. */
class LineCopier implements RecordCopier {
  readonly #tape: ByteTape;
  readonly #header: Buffer;
  /** Behind the last record noted, and the end of its line. */
  #end: number;
  #lastByte = NEWLINE;

  constructor(tape: ByteTape, header = Buffer.alloc(0), end = 0) {
    this.#tape = tape;
    this.#header = header;
    this.#end = end;
  }

  static async behind({ start, end }: Span, tape: ByteTape): Promise<LineCopier> {
    await tape.skip(start);
    const pieces: Uint8Array[] = [];
    for await (const bytes of tape.take(end)) pieces.push(bytes);
    await tape.skip(end + 1);
    return new LineCopier(tape, Buffer.concat([...pieces, Buffer.of(NEWLINE)]), end + 1);
  }

  get frameBytes(): number {
    return this.#header.length;
  }

  sizeOf({ end }: Span): number {
    return end + 1 - this.#end;
  }

  async begin(part: PartFile): Promise<void> {
    if (this.#header.length > 0) await part.write(this.#header);
  }

  add({ end }: Span): void {
    this.#end = end + 1;
  }

  async flush(part: PartFile): Promise<void> {
    for await (const bytes of this.#tape.take(this.#end)) {
      this.#lastByte = bytes.at(-1) ?? this.#lastByte;
      await part.write(bytes);
    }
  }

  async end(): Promise<void> {}

  /** What is left are blank lines, and a newline that may be missing. */
  async finish(part: PartFile): Promise<void> {
    this.#end = Number.POSITIVE_INFINITY;
    await this.flush(part);
    if (this.#lastByte !== NEWLINE) await part.write(Buffer.of(NEWLINE));
  }
}

const OPENING = Buffer.from("[\n");
const SEPARATOR = Buffer.from(",\n");
const CLOSING = Buffer.from("\n]\n");

/** Elements of an array, each byte for byte, with separators of our own. */
class ElementCopier implements RecordCopier {
  /** Every element is counted with a separator, and the first has none. */
  readonly frameBytes = OPENING.length - SEPARATOR.length + CLOSING.length;
  readonly #tape: ByteTape;
  #noted: Span[] = [];
  #isFirst = true;

  constructor(tape: ByteTape) {
    this.#tape = tape;
  }

  sizeOf({ start, end }: Span): number {
    return SEPARATOR.length + end - start;
  }

  async begin(part: PartFile): Promise<void> {
    await part.write(OPENING);
    this.#isFirst = true;
  }

  add(span: Span): void {
    this.#noted.push(span);
  }

  async flush(part: PartFile): Promise<void> {
    for (const { start, end } of this.#noted) {
      if (!this.#isFirst) await part.write(SEPARATOR);
      this.#isFirst = false;
      await this.#tape.skip(start);
      for await (const bytes of this.#tape.take(end)) await part.write(bytes);
    }
    this.#noted = [];
  }

  async end(part: PartFile): Promise<void> {
    await part.write(CLOSING);
  }

  async finish(): Promise<void> {}
}
