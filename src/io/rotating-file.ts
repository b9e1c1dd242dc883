import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { systemCodeOf } from "../core/errors.ts";
import { outputErrorOf } from "./output-error.ts";

/** When a file makes room for a new one. */
export interface Rotation {
  /** A file is not written beyond it, unless one text alone is longer. */
  readonly maxBytes: number;
  /** Earlier files that are kept, as `NAME.1` (the newest) and so on. */
  readonly kept: number;
}

/** A file that texts are added to, and that is set aside when it is full. What is written is at once in the file. */
export class RotatingFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  #descriptor: number;
  #size: number;

  /** @throws {OutputError} when it cannot be opened */
  constructor(path: string, rotation: Rotation) {
    this.#path = path;
    this.#rotation = rotation;
    try {
      this.#descriptor = openSync(path, "a");
    } catch (error) {
      throw outputErrorOf(error, path);
    }
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** @throws {Error} the system's, when it cannot be written */
  append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size > 0 && this.#size + bytes.length > this.#rotation.maxBytes) this.#rotate();
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
    this.#size += bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    const { kept } = this.#rotation;
    if (kept === 0) rmSync(this.#path, { force: true });
    for (let number = kept; number > 0; number--) {
      moveIfThere(number === 1 ? this.#path : `${this.#path}.${number - 1}`, `${this.#path}.${number}`);
    }
    // The old one is let go of only when there is a new one.
    const fresh = openSync(this.#path, "a");
    closeSync(this.#descriptor);
    this.#descriptor = fresh;
    this.#size = fstatSync(fresh).size;
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
}
