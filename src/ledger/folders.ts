import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { systemCodeOf } from "../core/errors.ts";

/**
 * Makes a folder and those above it, where they are missing. Node's own way never ends where a folder cannot be made
 * though the one above it is there, such as in /proc.
 *
 * @throws the system's error when one of them cannot be made
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (systemCodeOf(error) !== "EEXIST") throw error;
  }
}
