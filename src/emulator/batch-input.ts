import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type Line, splitLines } from "../core/lines.ts";
import { BatchValidator } from "./batch-validation.ts";
import { readBlocks } from "./file-blocks.ts";
import type { EmulatorLimits } from "./limits.ts";
import type { BatchErrorObject, EndpointPath } from "./wire.ts";

/** What one reading of an input file tells: where its requests are, or why it is refused. */
export interface ScannedInput {
  readonly errors: readonly BatchErrorObject[];
  readonly count: number;
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  /** Bytes of the longest line. */
  readonly longest: number;
  readonly model: string;
  /** Hash of the whole content. */
  readonly digest: string;
}

export interface ScanOptions {
  /** The file, which has to exist. */
  readonly path: string;
  readonly endpoint: EndpointPath;
  readonly limits: EmulatorLimits;
  readonly signal: AbortSignal;
}

/** Reads a batch's input file from end to end: validates every line and keeps where it lies, nothing else. */
export async function scanInput({ path, endpoint, limits, signal }: ScanOptions): Promise<ScannedInput> {
  const scan = new InputScan(endpoint, limits);
  if ((await stat(path)).size > limits.bytesPerBatch) return scan.refuse(tooLarge(limits));
  for await (const lines of splitLines(readBlocks(path), limits.bytesPerLine)) {
    signal.throwIfAborted();
    for (const line of lines) scan.take(line);
  }
  return scan.result();
}

/** Reads single lines of an input file, by the offsets of a scan. */
export class LineReader {
  readonly #descriptor: number;
  readonly #input: ScannedInput;
  readonly #buffer: Buffer;

  constructor(path: string, input: ScannedInput) {
    this.#descriptor = openSync(path, "r");
    this.#input = input;
    this.#buffer = Buffer.allocUnsafe(input.longest);
  }

  /** The line's text. Synchronous: from the page cache that takes microseconds, less than any hand-over would. */
  read(index: number): string {
    const length = this.#input.lengths[index] ?? 0;
    const offset = this.#input.offsets[index] ?? 0;
    const read = readSync(this.#descriptor, this.#buffer, 0, length, offset);
    return this.#buffer.toString("utf8", 0, read);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

class InputScan {
  readonly #limits: EmulatorLimits;
  readonly #validator: BatchValidator;
  readonly #digest = createHash("sha256");
  readonly #errors: BatchErrorObject[] = [];
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  #count = 0;
  #lineNumber = 0;
  #firstBlank = 0;
  #longest = 0;

  constructor(endpoint: EndpointPath, limits: EmulatorLimits) {
    this.#limits = limits;
    this.#validator = new BatchValidator(endpoint);
    this.#offsets = new Float64Array(limits.requestsPerBatch);
    this.#lengths = new Uint32Array(limits.requestsPerBatch);
  }

  take(line: Line): void {
    this.#lineNumber++;
    this.#digest.update(line.bytes).update("\n");
    const text = line.bytes.toString();
    if (text.trim() === "") {
      this.#firstBlank ||= this.#lineNumber;
      return;
    }
    this.#reportBlankLines();
    const finding = this.#validator.check(text);
    if (finding !== undefined) this.#report({ ...finding, line: this.#lineNumber });
    if (this.#count < this.#offsets.length) {
      this.#offsets[this.#count] = line.offset;
      this.#lengths[this.#count] = line.bytes.length;
    }
    this.#longest = Math.max(this.#longest, line.bytes.length);
    this.#count++;
  }

  result(): ScannedInput {
    const { requestsPerBatch, embeddingInputsPerBatch } = this.#limits;
    if (this.#count === 0)
      this.#report(ofFile("empty_file", "The input file is empty. Please ensure it has requests."));
    if (this.#count > requestsPerBatch) {
      this.#report(ofFile("too_many_tasks", tooMany("requests", requestsPerBatch, this.#count)));
    }
    const inputs = this.#validator.embeddingInputs;
    if (inputs > embeddingInputsPerBatch) {
      this.#report(ofFile("too_many_tasks", tooMany("embedding inputs", embeddingInputsPerBatch, inputs)));
    }
    return {
      errors: this.#errors,
      count: Math.min(this.#count, requestsPerBatch),
      offsets: this.#offsets.slice(0, this.#count),
      lengths: this.#lengths.slice(0, this.#count),
      longest: this.#longest,
      model: this.#validator.model ?? "",
      digest: this.#digest.digest("hex"),
    };
  }

  refuse(error: BatchErrorObject): ScannedInput {
    return { ...this.result(), errors: [error] };
  }

  /** Blank lines at the end are nothing; between requests they are lines without JSON. */
  #reportBlankLines(): void {
    if (this.#firstBlank === 0) return;
    for (let line = this.#firstBlank; line < this.#lineNumber; line++) {
      this.#report({
        code: "invalid_json_line",
        message: "This line is not parseable as valid JSON.",
        param: null,
        line,
      });
    }
    this.#firstBlank = 0;
  }

  #report(error: BatchErrorObject): void {
    if (this.#errors.length < this.#limits.errorsPerBatch) this.#errors.push(error);
  }
}

function tooLarge(limits: EmulatorLimits): BatchErrorObject {
  return ofFile("file_too_large", `The input file is larger than the limit of ${limits.bytesPerBatch} bytes.`);
}

function tooMany(what: string, limit: number, found: number): string {
  return `This batch has ${found} ${what}; the limit is ${limit}.`;
}

function ofFile(code: string, message: string): BatchErrorObject {
  return { code, message, param: null, line: null };
}
