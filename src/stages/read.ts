import type { Readable } from "node:stream";
import type { Counters } from "../core/counters.ts";
import type { Row } from "../core/records.ts";
import { load } from "../core/registry.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { formatOfExtension, SNIFF_BYTES, sniffFormat } from "../formats/sniff.ts";
import { type Input, openInput } from "../io/input.ts";
import { inputBytes } from "../io/inputs.ts";

export interface ReadOptions {
  /** Paths, and `-` for stdin; from io/inputs.ts. */
  readonly paths: readonly string[];
  readonly stdin: Readable;
  /** The format's name; by extension, else by the first bytes, when undefined. */
  readonly format: string | undefined;
  readonly maxRecordBytes: number;
  readonly counters: Counters;
  readonly signal: AbortSignal;
}

/** An input that is open as far as it takes to know its format. */
export interface OpenInput {
  readonly input: Input;
  readonly format: Format;
}

/** The read stage: the rows of all inputs, one after the other. */
export class RowSource {
  /** The first input's format. */
  readonly format: Format;
  readonly #options: ReadOptions;
  readonly #first: OpenInput;
  readonly #columns = Promise.withResolvers<readonly string[]>();

  private constructor(options: ReadOptions, first: OpenInput) {
    this.#options = options;
    this.#first = first;
    this.format = first.format;
    this.#columns.promise.catch(() => {});
  }

  /** Opens the first input as far as it takes to know its format. */
  static async open(options: ReadOptions): Promise<RowSource> {
    options.counters.bytesToRead = await inputBytes(options.paths);
    return new RowSource(options, await openWithFormat(options.paths[0] ?? "-", options));
  }

  /** Where the inputs lie, in the order of reading; `-` is stdin. */
  get paths(): readonly string[] {
    return this.#options.paths;
  }

  /** The first input's columns: known with its first good row or its header, and empty if there is none. */
  get columns(): Promise<readonly string[]> {
    return this.#columns.promise;
  }

  /** @throws {InputDataError} for an input that as a whole makes no sense, {@link InputMissingError} for one that cannot be read */
  async *rows(): AsyncGenerator<readonly Row[]> {
    try {
      yield* this.#rowsOf(this.#first);
      for (const path of this.#options.paths.slice(1)) yield* this.#rowsOf(await openWithFormat(path, this.#options));
    } catch (error) {
      // Reading that is cut short by a signal fails in ways of its own.
      const { signal } = this.#options;
      const reason = signal.aborted ? signal.reason : error;
      this.#columns.reject(reason);
      throw reason;
    } finally {
      this.#options.counters.isReadingOver = true;
      this.#columns.resolve([]);
    }
  }

  async *#rowsOf({ input, format }: OpenInput): AsyncGenerator<readonly Row[]> {
    const { signal, counters, maxRecordBytes } = this.#options;
    const flow = counters.stage("read");
    // Reading from a pipe that brings nothing would outlast any signal.
    const close = () => void input.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const onColumns = (columns: readonly string[]) => this.#columns.resolve(columns);
      for await (const rows of format.decode(counted(input, counters), {
        file: input.path,
        maxRecordBytes,
        onColumns,
      })) {
        signal.throwIfAborted();
        counters.rowsRead += rows.length;
        flow.rows.out += rows.length;
        flow.blocked.start();
        try {
          yield rows;
        } finally {
          flow.blocked.stop();
        }
      }
      // An input that ends after a signal (its writer was stopped, too) is not a complete one.
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", close);
      await input.close();
    }
  }
}

/** Opens an input; a format that is not given is told by the file's extension, or else by the first bytes. */
export async function openWithFormat(
  path: string,
  { stdin, format, signal }: Pick<ReadOptions, "stdin" | "format" | "signal">,
): Promise<OpenInput> {
  const input = openInput(path, stdin);
  const name = format ?? (await formatOfExtension(path, formats)) ?? (await sniff(input, signal));
  return { input, format: await load("format", formats, name) };
}

/** Looks at the input's start as far as its first line, so that a slow writer need not bring more. */
async function sniff(input: Input, signal: AbortSignal): Promise<string> {
  const close = () => void input.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    let head = await input.peek(1);
    for (let wanted = 1; head.length >= wanted && wanted < SNIFF_BYTES && !head.includes(NEWLINE); ) {
      wanted = head.length + 1;
      head = await input.peek(wanted);
    }
    signal.throwIfAborted();
    return sniffFormat(head);
  } finally {
    signal.removeEventListener("abort", close);
  }
}

const NEWLINE = 0x0a;

async function* counted(source: AsyncIterable<Uint8Array>, counters: Counters): AsyncGenerator<Uint8Array> {
  const { bytes: taken } = counters.stage("read");
  for await (const bytes of source) {
    taken.in += bytes.byteLength;
    counters.bytesRead += bytes.byteLength;
    yield bytes;
  }
}
