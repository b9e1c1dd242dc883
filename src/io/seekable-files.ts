import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { InputDataError } from "../core/errors.ts";
import { isCompressed } from "./decompress.ts";
import { openInput } from "./input.ts";
import { inputErrorOf, STDIN } from "./inputs.ts";
import { outputErrorOf } from "./output-error.ts";

const MAX_OPEN_FILES = 16;
const MAGIC_BYTES = 4;

/** A file, and where its plain bytes are. */
interface SeekableFile {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
}

/**
 * Inputs that are read from front to back once, and then here and there. What cannot be (stdin, a pipe, a compressed
 * file) is copied to the disk, for as long as it is needed.
 */
export class SeekableFiles {
  readonly #stdin: Readable;
  readonly #files: SeekableFile[] = [];
  /** Open descriptors by file number, least recently used first. */
  readonly #open = new Map<number, number>();
  #copies: string | undefined;

  /** @param stdin Read for the path `-`. */
  constructor(stdin: Readable) {
    this.#stdin = stdin;
  }

  /**
   * Takes a file in. @returns its number
   *
   * @throws {InputMissingError} when it cannot be read, {@link OutputError} when it cannot be copied
   */
  async add(name: string): Promise<number> {
    const path = (await isSeekable(name)) ? name : await this.#copy(name);
    return this.#files.push({ name, path }) - 1;
  }

  /** As the user named it. */
  nameOf(file: number): string {
    return this.#files[file]?.name ?? "";
  }

  /** Its plain bytes, from front to back. */
  async *bytes(file: number): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(this.#pathOf(file));
    } catch (error) {
      throw inputErrorOf(error, this.nameOf(file));
    }
  }

  /** @throws {InputDataError} when the file has become shorter */
  read(file: number, offset: number, length: number): string {
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(this.#descriptorOf(file), bytes, 0, length, offset) === length) return bytes.toString();
    throw new InputDataError(`${this.nameOf(file)} has become shorter while it was read`, {
      hint: "Merge it when nobody writes it.",
    });
  }

  /** Closes all, and deletes the copies. */
  async close(): Promise<void> {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
    if (this.#copies !== undefined) await rm(this.#copies, { recursive: true, force: true });
  }

  #pathOf(file: number): string {
    return this.#files[file]?.path ?? "";
  }

  #descriptorOf(file: number): number {
    const descriptor = this.#open.get(file) ?? this.#openFile(file);
    this.#open.delete(file);
    this.#open.set(file, descriptor);
    return descriptor;
  }

  #openFile(file: number): number {
    for (const [oldest, descriptor] of this.#open) {
      if (this.#open.size < MAX_OPEN_FILES) break;
      closeSync(descriptor);
      this.#open.delete(oldest);
    }
    try {
      return openSync(this.#pathOf(file), "r");
    } catch (error) {
      throw inputErrorOf(error, this.nameOf(file));
    }
  }

  async #copy(name: string): Promise<string> {
    this.#copies ??= await mkdtemp(join(tmpdir(), "bg-pipe-results-"));
    const path = join(this.#copies, `${this.#files.length}`);
    const handle = await open(path, "wx");
    try {
      for await (const bytes of openInput(name, this.#stdin)) {
        await handle.writeFile(bytes).catch((error) => {
          throw outputErrorOf(error, path);
        });
      }
    } finally {
      await handle.close();
    }
    return path;
  }
}

async function isSeekable(name: string): Promise<boolean> {
  if (name === STDIN || !(await stat(name)).isFile()) return false;
  const handle = await open(name);
  try {
    const { buffer } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return !isCompressed(buffer);
  } finally {
    await handle.close();
  }
}
