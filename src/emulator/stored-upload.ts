import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { temporaryPath } from "./json-file.ts";

/** A file's content on its way to disk: under a temporary name until it is whole. */
export class StoredUpload {
  readonly id: string;
  readonly #path: string;
  readonly #temporary: string;
  #handle: FileHandle | undefined;
  #bytes = 0;

  constructor(id: string, path: string) {
    this.id = id;
    this.#path = path;
    this.#temporary = temporaryPath(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the bytes are the operating system's, so that whoever awaits it does not outrun the disk. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.#temporary, "w");
    await this.#handle.appendFile(bytes);
    this.#bytes += bytes.length;
  }

  /** Gives the content its name. */
  async finish(): Promise<void> {
    await this.write(new Uint8Array(0));
    await this.#handle?.close();
    await rename(this.#temporary, this.#path);
  }

  /** Throws away what came. Also fine after {@link finish}, which it does not undo. */
  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }
}
