import { appendFileSync, closeSync, ftruncateSync, openSync, rmSync } from "node:fs";

const FLUSH_BYTES = 256 * 1024;

/** A result file that grows line by line, from a known size on. Lines are ASCII. It holds no descriptor. */
export class ResultFile {
  readonly #path: string;
  #lines: string[] = [];
  #waitingBytes = 0;
  #bytes: number;

  /** @param bytes What of an earlier worker's file is good; anything behind is cut off. */
  constructor(path: string, bytes: number) {
    const descriptor = openSync(path, "a");
    ftruncateSync(descriptor, bytes);
    closeSync(descriptor);
    this.#path = path;
    this.#bytes = bytes;
  }

  /** The file's size, lines that wait included. */
  get bytes(): number {
    return this.#bytes;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#waitingBytes += line.length + 1;
    this.#bytes += line.length + 1;
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    appendFileSync(this.#path, `${this.#lines.join("\n")}\n`, "latin1");
    this.#lines = [];
    this.#waitingBytes = 0;
  }

  /** Removes a file that came to nothing. */
  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
