import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { temporaryFolder } from "../run-program.ts";

/** A stream that keeps what is written to it. */
export class Kept extends Writable {
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

/** A file of that text. */
export function fileOf(text: string, name = "rows.jsonl"): string {
  const path = join(temporaryFolder("library"), name);
  writeFileSync(path, text);
  return path;
}

/** Rows that count how many were taken, and know whether they were let go of. */
export class Numbers {
  taken = 0;
  isClosed = false;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ readonly n: number }> {
    try {
      while (this.taken < this.#count) yield { n: this.taken++ };
    } finally {
      this.isClosed = true;
    }
  }
}
