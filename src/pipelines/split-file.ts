import type { Failure, Position, Row } from "../core/records.ts";
import { ByteOrderMarkStripper } from "../core/utf8.ts";
import type { DecodeOptions, Span } from "../formats/format.ts";
import { ByteTape } from "../io/byte-tape.ts";
import type { PartFile, PartFiles } from "../io/part-files.ts";
import { type ExceededLimit, type PartLimits, type PartRow, PartStage } from "../stages/part.ts";
import { createCopier, type RecordCopier } from "./record-copier.ts";
import type { RowTokens } from "./row-tokens.ts";
import type { SplitInput } from "./split-input.ts";

export interface SplitFileOptions {
  readonly input: SplitInput;
  readonly files: PartFiles;
  readonly limits: PartLimits;
  /** Counts the tokens of rows; undefined when nobody asked for them. */
  readonly tokens: RowTokens | undefined;
  readonly maxRecordBytes: number;
  /** A file name for what is too large to wait in memory. */
  readonly spillPath: string;
}

/** What is in a part that is written. */
export interface WrittenPart {
  readonly rows: number;
  readonly badRows: number;
  readonly bytes: number;
  readonly tokens: number;
}

/** How often something was met, and where first. */
export interface Sighting {
  readonly count: number;
  readonly first: Position;
  readonly message?: string;
}

/** What an input became. */
export interface SplitFileResult {
  readonly parts: readonly WrittenPart[];
  readonly badRows: Sighting | undefined;
  /** Rows that could be read, but of which no request can be made; they count as no tokens. */
  readonly unaskedRows: Sighting | undefined;
  /** Rows that alone are over a limit, each in a part of its own. */
  readonly oversizedRows: Readonly<Record<ExceededLimit, Sighting | undefined>>;
}

/** Splits one input: reads it once, and copies its bytes into parts. */
export function splitFile(options: SplitFileOptions): Promise<SplitFileResult> {
  return new FileSplit(options).run();
}

/** What waits in memory for its part, at most. */
const HELD_BYTES = 4 * 1024 * 1024;

class FileSplit {
  readonly #options: SplitFileOptions;
  readonly #tape: ByteTape;
  readonly #spans: Span[] = [];
  #header: Span | undefined;
  /** Known with the first row, as the header is before it. */
  #work: { readonly copier: RecordCopier; readonly stage: PartStage } | undefined;
  #part: PartFile | undefined;
  readonly #parts: WrittenPart[] = [];
  #badRows: Sighting | undefined;
  #unaskedRows: Sighting | undefined;
  readonly #oversizedRows: Record<ExceededLimit, Sighting | undefined> = { bytes: undefined, tokens: undefined };

  constructor(options: SplitFileOptions) {
    this.#options = options;
    this.#tape = new ByteTape({ spillPath: options.spillPath, maxBytes: HELD_BYTES });
  }

  async run(): Promise<SplitFileResult> {
    try {
      for await (const rows of this.#rows()) await this.#place(rows);
      await this.#finish();
    } finally {
      await this.#tape.close();
      // After a failure, which it must not hide.
      await this.#part?.close().catch(() => {});
    }
    const [badRows, unaskedRows, oversizedRows] = [this.#badRows, this.#unaskedRows, this.#oversizedRows];
    return { parts: this.#parts, badRows, unaskedRows, oversizedRows };
  }

  #rows(): AsyncIterable<readonly Row[]> {
    const { input, maxRecordBytes } = this.#options;
    const decodeOptions: DecodeOptions = {
      file: input.path,
      maxRecordBytes,
      onRecord: (span) => void this.#spans.push(span),
      onHeader: (span) => (this.#header = span),
    };
    // Off before the tape, so that no part begins with it, and offsets are those on the tape.
    const bytes = new ByteOrderMarkStripper().strip(input.bytes());
    return input.format.decode(this.#tape.record(bytes), decodeOptions);
  }

  async #place(rows: readonly Row[]): Promise<void> {
    const { input, limits, tokens: counter } = this.#options;
    const spans = this.#spans.splice(0, rows.length);
    const counts = counter?.count(rows);
    if (this.#work === undefined) {
      const copier = await createCopier(input.format, this.#tape, this.#header);
      this.#work = { copier, stage: new PartStage(limits, copier.frameBytes) };
    }
    for (const [index, row] of rows.entries()) {
      const span = spans[index];
      if (span !== undefined) await this.#placeRow(row, span, this.#tokensOf(row, counts?.[index]));
    }
    if (this.#part !== undefined) await this.#work.copier.flush(this.#part);
  }

  #tokensOf(row: Row, count: number | Failure | undefined): number {
    if (count === undefined || typeof count === "number") return count ?? 0;
    if (row.kind === "row") this.#unaskedRows = sighted(this.#unaskedRows, row.position, count.message);
    return 0;
  }

  async #placeRow(row: Row, span: Span, tokens: number): Promise<void> {
    if (this.#work === undefined) return;
    const { copier, stage } = this.#work;
    const partRow: PartRow = { bytes: copier.sizeOf(span), tokens, isBad: row.kind === "bad" };
    if (stage.isFullFor(partRow)) await this.#endPart();
    if (this.#part === undefined) {
      this.#part = await this.#options.files.next();
      await copier.begin(this.#part);
    }
    stage.add(partRow);
    copier.add(span);
    if (row.kind === "bad") this.#badRows = sighted(this.#badRows, row.position, row.message);
    for (const limit of stage.limitsUnder(partRow)) {
      this.#oversizedRows[limit] = sighted(this.#oversizedRows[limit], row.position);
    }
  }

  async #endPart(): Promise<void> {
    const [work, part] = [this.#work, this.#part];
    if (work === undefined || part === undefined) return;
    await work.copier.flush(part);
    await work.copier.end(part);
    this.#part = undefined;
    await part.close();
    this.#parts.push({ ...work.stage.part, bytes: part.bytes });
    work.stage.end();
  }

  async #finish(): Promise<void> {
    if (this.#work === undefined || this.#part === undefined) return;
    await this.#work.copier.finish(this.#part);
    await this.#endPart();
  }
}

function sighted(before: Sighting | undefined, position: Position, message?: string): Sighting {
  if (before !== undefined) return { ...before, count: before.count + 1 };
  return { count: 1, first: position, ...(message === undefined ? {} : { message }) };
}
