import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";
import { outputErrorOf } from "./output-error.ts";

/** Where the parts of an input go, and what they are called. */
export interface PartPlace {
  readonly directory: string;
  /** What stands before `.part-0001`. */
  readonly name: string;
  /** Without its dot. */
  readonly extension: string;
}

/** Digits of a part's number, unless there are more parts. */
const DIGITS = 4;

/**
 * A part's path: `rows.part-0001.jsonl`. All parts of a split have numbers of the same length, so that their names
 * sort as they follow each other.
 *
 * @param number From 1.
 * @param count How many parts there are.
 */
export function partPath(place: PartPlace, number: number, count: number): string {
  const digits = String(number).padStart(Math.max(DIGITS, String(count).length), "0");
  return join(place.directory, `${place.name}.part-${digits}.${place.extension}`);
}

/** Whether a file in the place's folder has the name of one of its parts. */
export function isPartName({ name, extension }: PartPlace, fileName: string): boolean {
  const [head, tail] = [`${name}.part-`, `.${extension}`];
  if (!fileName.startsWith(head) || !fileName.endsWith(tail)) return false;
  return new RegExp(`^\\d{${DIGITS},}$`).test(fileName.slice(head.length, -tail.length));
}

/**
 * The paths of parts that are there, in order of name.
 *
 * @throws {OutputError} when the folder cannot be looked into; one that is not there yet is empty
 */
export async function existingParts(place: PartPlace): Promise<readonly string[]> {
  try {
    const names = await readdir(place.directory);
    const parts = names.filter((name) => isPartName(place, name)).sort();
    return parts.map((name) => join(place.directory, name));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw outputErrorOf(error, place.directory);
  }
}
