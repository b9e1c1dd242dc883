import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, OutputError } from "../core/errors.ts";
import { durableStepAsync } from "../core/failpoints.ts";
import { type Line, splitLines } from "../core/lines.ts";
import type { Chunk, Ledger } from "./ledger.ts";
import { resultFileNames } from "./result-files.ts";

const MAX_LINE_BYTES = 1 << 28;

/** Files lines of a result file in the ledger. */
export type FileLines = (chunk: Chunk, fileId: number, lines: readonly Line[]) => void;

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The result file of a chunk that is asked live: a line for each reply, appended as they come. Those that come while
 * others are being synced are written together.
 */
export class LiveReplies {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #chunk: Chunk;
  readonly #fileId: number;
  readonly #fileLines: FileLines;
  #size = 0;
  #waiting: Waiting[] = [];
  #isWriting = false;
  /** Whether the file may end with part of a write that has failed. */
  #isTorn = false;

  private constructor(handle: FileHandle, path: string, facts: { chunk: Chunk; fileId: number; fileLines: FileLines }) {
    this.#handle = handle;
    this.#path = path;
    this.#chunk = facts.chunk;
    this.#fileId = facts.fileId;
    this.#fileLines = facts.fileLines;
  }

  /**
   * Opens a chunk's result file. What a killed process has written there is filed first, less a line it did not finish.
   *
   * @throws {OutputError} when it cannot be written
   */
  static async open(ledger: Ledger, chunk: Chunk, fileLines: FileLines): Promise<LiveReplies> {
    const { output: name } = resultFileNames(chunk);
    const path = join(ledger.directory, "results", name);
    const fileId = ledger.addResultFile(name, chunk.id);
    const handle = await writing(path, () => open(path, "a+"));
    const replies = new LiveReplies(handle, path, { chunk, fileId, fileLines });
    try {
      await replies.#restore();
    } catch (error) {
      await replies.close();
      throw error;
    }
    return replies;
  }

  /** Adds a reply's line. @returns when it is on disk and filed */
  add(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #restore(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size === 0) return;
    for await (const lines of splitLines(createReadStream(this.#path), MAX_LINE_BYTES)) {
      const whole = lines.filter(({ terminated }) => terminated);
      this.#fileLines(this.#chunk, this.#fileId, whole);
      for (const { offset, length } of whole) this.#size = offset + length + 1;
    }
    await writing(this.#path, () => this.#handle.truncate(this.#size));
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      try {
        await this.#writeGroup(group.map(({ line }) => line));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #writeGroup(texts: readonly string[]): Promise<void> {
    const lines = this.#linesOf(texts);
    const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
    await writing(this.#path, () => durableStepAsync("reply.write", () => this.#append(bytes)));
    this.#size += bytes.length;
    this.#fileLines(this.#chunk, this.#fileId, lines);
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#isTorn) await this.#handle.truncate(this.#size);
    this.#isTorn = true;
    await this.#handle.appendFile(bytes);
    await this.#handle.datasync();
    this.#isTorn = false;
  }

  #linesOf(texts: readonly string[]): readonly Line[] {
    let offset = this.#size;
    return texts.map((text) => {
      const bytes = Buffer.from(text);
      const line = { bytes, offset, terminated: true, length: bytes.length };
      offset += bytes.length + 1;
      return line;
    });
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new OutputError("cannotWrite", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again.",
      cause: error,
    });
  }
}
