import { type FileHandle, open, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { systemCodeOf } from "../core/errors.ts";
import { durableStepAsync } from "../core/failpoints.ts";
import { syncDirectory } from "./durable.ts";
import { ClosedOutputError, outputErrorOf } from "./output-error.ts";

/** Where a run's rows go. `write` resolves when more may be written, which is the backpressure. */
export interface Output {
  /** @throws {OutputError} when it cannot be written, {@link ClosedOutputError} when nobody reads it any more. */
  write(text: string | Uint8Array): Promise<void>;
  /** All is written: makes it final. */
  commit(): Promise<void>;
  /** The run ends early: lets go of it without making it final. */
  abandon(): Promise<void>;
}

/** Paths that are an open stream, whatever stands behind them: renaming a file over them would miss the stream. */
const OPEN_STREAM = /^\/dev\/(?:stdout|stderr|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/;
/** The permissions a file gets unless it replaces one. */
const DEFAULT_MODE = 0o666;

/**
 * A file that appears whole or not at all: written as `.<name>.bg-pipe-partial` beside the target and renamed at
 * the end. Abandoned, the temporary file stays, so that nothing is lost. What is no regular file (a pipe,
 * `/dev/stdout`) is written directly.
 */
export class FileOutput implements Output {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Undefined when the target itself is written. */
  readonly #temporary: { readonly path: string; readonly targetPath: string } | undefined;
  #isOpen = true;

  private constructor(path: string, handle: FileHandle, temporary?: { path: string; targetPath: string }) {
    this.#path = path;
    this.#handle = handle;
    this.#temporary = temporary;
  }

  /** @throws {OutputError} `cannotCreate` */
  static async create(path: string): Promise<FileOutput> {
    try {
      const target = await existing(path);
      if (OPEN_STREAM.test(path) || (target !== undefined && !target.isRegular)) {
        return new FileOutput(path, await open(path, "a"));
      }
      const targetPath = target?.path ?? path;
      const partialPath = join(dirname(targetPath), `.${basename(targetPath)}.bg-pipe-partial`);
      const handle = await open(partialPath, "w", target?.mode ?? DEFAULT_MODE);
      return new FileOutput(path, handle, { path: partialPath, targetPath });
    } catch (error) {
      throw outputErrorOf(error, path);
    }
  }

  /** Where the bytes are until `commit`. */
  get temporaryPath(): string | undefined {
    return this.#temporary?.path;
  }

  async write(text: string | Uint8Array): Promise<void> {
    try {
      await durableStepAsync("output.write", () => this.#handle.writeFile(text));
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }

  async commit(): Promise<void> {
    try {
      if (this.#temporary !== undefined) await durableStepAsync("output.sync", () => this.#handle.sync());
      await this.#close();
      if (this.#temporary !== undefined) await durableStepAsync("output.rename", () => this.#rename());
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }

  async abandon(): Promise<void> {
    await this.#close();
  }

  async #rename(): Promise<void> {
    if (this.#temporary === undefined) return;
    await rename(this.#temporary.path, this.#temporary.targetPath);
    await syncDirectory(dirname(this.#temporary.targetPath));
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }
}

/** How long a run that ends early waits for the reader of its output. */
const LAST_READ_MS = 2_000;

/** A stream that is already open, such as stdout; it is not ended, because it is not ours. */
export class StreamOutput implements Output {
  readonly #stream: Writable;
  readonly #name: string;
  #failure: Error | undefined;

  /** @param name How messages call it. */
  constructor(stream: Writable, name = "stdout") {
    this.#stream = stream;
    this.#name = name;
    stream.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  async write(text: string | Uint8Array): Promise<void> {
    this.#check();
    if (!this.#stream.write(text)) await this.#settled("drain");
    this.#check();
  }

  /** Waits until all has left this process. */
  async commit(): Promise<void> {
    this.#check();
    if (this.#stream.writableLength > 0) await new Promise((resolve) => this.#stream.write("", resolve));
    this.#check();
  }

  /** What has been written already is given a moment to be read. */
  async abandon(): Promise<void> {
    if (this.#stream.writableLength === 0 || this.#stream.destroyed) return;
    const drained = this.#settled("drain");
    const timer = setTimeout(() => this.#stream.destroy(), LAST_READ_MS);
    await drained;
    clearTimeout(timer);
  }

  #check(): void {
    if (this.#failure !== undefined) throw outputErrorOf(this.#failure, this.#name);
    if (this.#stream.destroyed) throw new ClosedOutputError(this.#name);
  }

  /** Waits for the event, or for the stream's end, which {@link #check} then tells. */
  #settled(event: "drain"): Promise<void> {
    return new Promise((resolve) => {
      const names = [event, "error", "close"];
      const settle = (): void => {
        for (const name of names) this.#stream.off(name, settle);
        resolve();
      };
      for (const name of names) this.#stream.on(name, settle);
    });
  }
}

interface ExistingTarget {
  /** With links followed, so that the file behind a link is replaced and not the link. */
  readonly path: string;
  readonly isRegular: boolean;
  readonly mode: number;
}

async function existing(path: string): Promise<ExistingTarget | undefined> {
  try {
    const stats = await stat(path);
    const isRegular = stats.isFile();
    return { path: isRegular ? await realpath(path) : path, isRegular, mode: stats.mode & 0o7777 };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
