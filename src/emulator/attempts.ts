import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";

/**
 * How often a question was tried, for directives with `times`: `attempts/<hash>` has a line for every occasion (a line of a batch, a live call). A batch that is worked on again after a kill is the same occasion.
 */
export class AttemptLog {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = join(directory, "attempts");
    mkdirSync(this.#directory, { recursive: true });
  }

  /** @returns 1 for the first occasion of a question, 2 for the second, … */
  numberOf(question: string, occasion: string): number {
    const path = join(this.#directory, question);
    const known = occasions(path).indexOf(occasion);
    if (known !== -1) return known + 1;
    appendFileSync(path, `${occasion}\n`);
    return occasions(path).indexOf(occasion) + 1;
  }
}

function occasions(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
