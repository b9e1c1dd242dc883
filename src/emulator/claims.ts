import { linkSync, mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";
import { readJsonFileSync, temporaryPath } from "./json-file.ts";
import { type Holder, holder, isAlive } from "./processes.ts";

/**
 * Which process works on a batch. Claims are numbered files, `claims/<batch>/<n>`, each naming its holder; the
 * highest number counts. A claim whose holder is dead is taken over by creating the next number, which only one of
 * several takers can.
 */
export class Claims {
  readonly #directory: string;
  readonly #self: Holder;

  constructor(directory: string, self: Holder) {
    this.#directory = join(directory, "claims");
    this.#self = self;
  }

  /** Tries to become the one that works on a batch. @returns whether that worked */
  take(batchId: string): boolean {
    const folder = join(this.#directory, batchId);
    mkdirSync(folder, { recursive: true });
    const highest = highestNumber(folder);
    if (highest > 0 && this.#isHeld(join(folder, String(highest)))) return false;
    const number = highest + 1;
    return this.#create(folder, number) && this.#confirm(folder, number);
  }

  /** Lets go of a batch. Its end, if it came to one, must be on record by now. */
  release(batchId: string): void {
    rmSync(join(this.#directory, batchId), { recursive: true, force: true });
  }

  #isHeld(path: string): boolean {
    const found = holder.safeParse(readJsonFileSync(path));
    return found.success && isAlive(found.data);
  }

  /** By link, so that a claim is there with its holder's name in it or not at all. */
  #create(folder: string, number: number): boolean {
    const temporary = temporaryPath(join(folder, "claim"));
    try {
      writeFileSync(temporary, JSON.stringify(this.#self));
      linkSync(temporary, join(folder, String(number)));
      unlinkSync(temporary);
      return true;
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === "EEXIST") unlinkSync(temporary);
      if (code === "EEXIST" || code === "ENOENT") return false;
      throw error;
    }
  }

  /** Between our look and our claim another may have come, finished and cleared the numbers. */
  #confirm(folder: string, number: number): boolean {
    if (highestNumber(folder) === number) return true;
    rmSync(join(folder, String(number)), { force: true });
    return false;
  }
}

function highestNumber(folder: string): number {
  return readdirSync(folder).reduce((highest, name) => Math.max(highest, Number(name) || 0), 0);
}
