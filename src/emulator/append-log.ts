import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { systemCodeOf } from "../core/errors.ts";
import { splitLines } from "../core/lines.ts";

const MAX_LINE_BYTES = 1_000_000;
const NEWLINE = 0x0a;

/**
 * A file of lines that several processes append to and any of which may be killed in the middle of a write. A line
 * that was cut by that stays alone on its line; readers pass over it.
 */
export class AppendLog {
  readonly #path: string;
  #sizeAfterOwn = -1;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends whole lines, in one write. */
  append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const descriptor = openSync(this.#path, "a+");
    try {
      const text = `${this.#isCut(descriptor) ? "\n" : ""}${lines.join("\n")}\n`;
      appendFileSync(descriptor, text);
      this.#sizeAfterOwn = fstatSync(descriptor).size;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Every line, in arrays, cut ones included. */
  async *read(): AsyncGenerator<readonly string[]> {
    const handle = await open(this.#path, "r").catch((error: unknown) => {
      if (systemCodeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (handle === undefined) return;
    for await (const lines of splitLines(handle.createReadStream(), MAX_LINE_BYTES)) {
      yield lines.map((line) => line.bytes.toString());
    }
  }

  /** Whether somebody else's last line lacks its end. */
  #isCut(descriptor: number): boolean {
    const { size } = fstatSync(descriptor);
    if (size === 0 || size === this.#sizeAfterOwn) return false;
    const last = Buffer.alloc(1);
    readSync(descriptor, last, 0, 1, size - 1);
    return last[0] !== NEWLINE;
  }
}
