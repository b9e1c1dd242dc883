import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";

const RECORD_BYTES = 8;
const BLOCK_BYTES = 512 * RECORD_BYTES;

/**
 * Counts things by name on disk, for any number of processes and over all kills: a folder with a file for each name,
 * to which every occurrence appends a record of its own. The file's size tells how many there were, and the record's
 * place which of them this one is.
 */
export class Tally {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** Counts one. @returns its number: 1 for the first of that name, then 2, … */
  add(name: string): number {
    const record = randomBytes(RECORD_BYTES);
    const descriptor = openSync(this.#pathOf(name), "a+");
    try {
      writeSync(descriptor, record);
      return numberOf(record, descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** How many there were of each, by name. */
  async totals(): Promise<Record<string, number>> {
    const names = (await readdir(this.#directory)).map(decodeURIComponent).sort();
    return Object.fromEntries(names.map((name) => [name, this.#total(name)]));
  }

  #total(name: string): number {
    try {
      return Math.floor(statSync(this.#pathOf(name)).size / RECORD_BYTES);
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return 0;
      throw error;
    }
  }

  #pathOf(name: string): string {
    return join(this.#directory, encodeURIComponent(name));
  }
}

/** Looks for a record from the end of its file on, where it is unless many have come since. */
function numberOf(record: Buffer, descriptor: number): number {
  const block = Buffer.alloc(BLOCK_BYTES);
  const { size } = fstatSync(descriptor);
  for (let end = Math.ceil(size / RECORD_BYTES) * RECORD_BYTES; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const found = block.subarray(0, readSync(descriptor, block, 0, end - start, start)).indexOf(record);
    if (found !== -1) return Math.floor((start + found) / RECORD_BYTES) + 1;
  }
  return Math.floor(size / RECORD_BYTES);
}
