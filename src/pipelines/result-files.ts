import type { Readable } from "node:stream";
import { type Line, splitLines } from "../core/lines.ts";
import { resolveInputs } from "../io/inputs.ts";
import { SeekableFiles } from "../io/seekable-files.ts";
import { ResultIndex } from "../ledger/result-index.ts";
import { type JudgedResult, type JudgeOptions, judgeResult } from "../stages/join.ts";

const MAX_LINE_BYTES = 1 << 28;
/** A byte order mark, which some editors leave at the start of a file. */
const MARK = /^\uFEFF/;

export interface ResultFilesOptions extends JudgeOptions {
  readonly stdin: Readable;
  readonly signal: AbortSignal;
}

/** Result files from wherever, in any order: read once to know where the result of each request lies, then looked up. */
export class ResultFiles {
  readonly #options: ResultFilesOptions;
  readonly #files: SeekableFiles;
  readonly #index = new ResultIndex();
  /** Lines that are no results. */
  strays = 0;

  private constructor(options: ResultFilesOptions) {
    this.#options = options;
    this.#files = new SeekableFiles(options.stdin);
  }

  /**
   * Reads the files. Of several lines for one request an answer comes before a failure.
   *
   * @param names Paths and patterns; `-` is stdin.
   * @throws {InputMissingError} for a file that cannot be read
   */
  static async open(names: readonly string[], options: ResultFilesOptions): Promise<ResultFiles> {
    const files = new ResultFiles(options);
    try {
      for (const path of await resolveInputs(names)) await files.#read(path);
      return files;
    } catch (error) {
      await files.close();
      throw error;
    }
  }

  /** The text of the result line of each of these `custom_id`s that has one. */
  readonly find = (customIds: readonly string[]): ReadonlyMap<string, string> => {
    const places = this.#index.find(customIds);
    const texts = new Map<string, string>();
    for (const [id, { file, offset, length }] of places) texts.set(id, this.#text(file, offset, length));
    return texts;
  };

  /** Requests that have a result, and how many of them were looked for. */
  counts(): ReturnType<ResultIndex["counts"]> {
    return this.#index.counts();
  }

  async close(): Promise<void> {
    this.#index.close();
    await this.#files.close();
  }

  async #read(path: string): Promise<void> {
    const file = await this.#files.add(path);
    for await (const lines of splitLines(this.#files.bytes(file), MAX_LINE_BYTES)) {
      this.#options.signal.throwIfAborted();
      for (const line of lines) this.#take(line, file);
    }
  }

  #take(line: Line, file: number): void {
    const text = line.bytes.toString().replace(MARK, "");
    const result = judgeResult(text, this.#options);
    if (result !== undefined) this.#index.add(result.customId, { file, ...line }, worthOf(result));
    else if (text.trim() !== "") this.strays++;
  }

  #text(file: number, offset: number, length: number): string {
    return this.#files.read(file, offset, length).replace(MARK, "");
  }
}

/** Which of several lines for one request counts. */
function worthOf({ failure, answer }: JudgedResult): number {
  if (failure === undefined) return 2;
  return answer === undefined ? 0 : 1;
}
