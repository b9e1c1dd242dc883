import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Format } from "../formats/format.ts";
import { type Input, openInput } from "../io/input.ts";
import { STDIN } from "../io/inputs.ts";
import { outputErrorOf } from "../io/output-error.ts";
import type { PartPlace } from "../io/part-name.ts";
import { openWithFormat } from "../stages/read.ts";
import { inputBytes } from "./count/input-bytes.ts";
import { placeOfParts } from "./part-places.ts";

export interface SplitInputOptions {
  readonly stdin: Readable;
  /** The format's name; told by the file's extension or its first bytes when undefined. */
  readonly format: string | undefined;
  /** Where parts go; beside the input when undefined. */
  readonly outputDir: string | undefined;
  readonly signal: AbortSignal;
}

/** One input that is to be split, its format known. A regular file is not kept open for that. */
export class SplitInput {
  /** As the user named it; `-` for stdin. */
  readonly path: string;
  readonly format: Format;
  readonly place: PartPlace;
  readonly #options: SplitInputOptions;
  /** What can be read only once, and has been looked at. */
  readonly #stream: Input | undefined;
  /** Where that has been copied to. */
  #copyPath: string | undefined;

  private constructor(
    { input, format }: { readonly input: Input; readonly format: Format },
    { place, isRegular, options }: { place: PartPlace; isRegular: boolean; options: SplitInputOptions },
  ) {
    this.path = input.path;
    this.format = format;
    this.place = place;
    this.#options = options;
    this.#stream = isRegular ? undefined : input;
  }

  /** @throws {InputMissingError} when it cannot be read */
  static async open(path: string, options: SplitInputOptions): Promise<SplitInput> {
    options.signal.throwIfAborted();
    const opened = await openWithFormat(path, options);
    const isRegular = path !== STDIN && (await stat(path)).isFile();
    if (isRegular) await opened.input.close();
    return new SplitInput(opened, {
      place: await placeOfParts(path, opened.format, options.outputDir),
      isRegular,
      options,
    });
  }

  /** Copies to the disk, decompressed, what otherwise could not be read twice. */
  async makeRereadable(copyPath: string): Promise<void> {
    if (this.#stream === undefined) return;
    try {
      await this.#copyTo(copyPath);
    } catch (error) {
      const { signal } = this.#options;
      throw signal.aborted ? signal.reason : outputErrorOf(error, copyPath);
    }
    this.#copyPath = copyPath;
  }

  /** Its bytes, decompressed. @throws the signal's reason when it aborts */
  bytes(): AsyncIterable<Uint8Array> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    return inputBytes(this.#open(), { signal, onBytes: () => {} });
  }

  /** Lets go of an input that is not read to its end. */
  async close(): Promise<void> {
    await this.#stream?.close();
  }

  async #copyTo(path: string): Promise<void> {
    const handle = await open(path, "wx");
    try {
      for await (const bytes of this.bytes()) await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
  }

  #open(): Input {
    if (this.#copyPath !== undefined) return openInput(STDIN, createReadStream(this.#copyPath));
    return this.#stream ?? openInput(this.path, this.#options.stdin);
  }
}
