import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { systemCodeOf } from "../core/errors.ts";

let serial = 0;

/** A name beside `path` for what is not finished. It carries the process id, so that a later start can sweep it away. */
export function temporaryPath(path: string): string {
  return `${path}.${process.pid}-${serial++}.tmp`;
}

/**
 * Writes a small JSON file whole, by rename: a reader sees the old or the new one. Synchronous on purpose, so that
 * no other work of this process comes between a decision and its record.
 */
export function writeJsonFile(path: string, value: unknown): void {
  const temporary = temporaryPath(path);
  writeFileSync(temporary, JSON.stringify(value));
  renameSync(temporary, path);
}

/** Reads a JSON file. @returns undefined when there is none */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** As {@link readJsonFile}, without giving way to other work. */
export function readJsonFileSync(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
