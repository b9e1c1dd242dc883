import { type FileHandle, open } from "node:fs/promises";

const NEWLINE = 0x0a;

/** A file on disk that something is appended to until it is whole. */
export class PartialFile {
  readonly #file: FileHandle;
  #lastByte: number | undefined;
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Begins anew what may be there already. */
  static async create(path: string): Promise<PartialFile> {
    return new PartialFile(await open(path, "w"));
  }

  /** How long it is. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether its last byte ends a line. */
  get endsLine(): boolean {
    return this.#lastByte === NEWLINE;
  }

  async append(piece: Uint8Array): Promise<void> {
    // One write may take less than it is given, on a disk that is about to be full.
    for (let done = 0; done < piece.byteLength; ) done += (await this.#file.write(piece, done)).bytesWritten;
    this.#bytes += piece.byteLength;
    this.#lastByte = piece.at(-1) ?? this.#lastByte;
  }

  /** Returns when all of it is on the disk. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
