import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCodeOf } from "../core/errors.ts";

/**
 * Makes a folder and those above it, where they are missing. Node's own way never ends where a folder cannot be made
 * though the one above it is there, such as in /proc.
 *
 * @throws the system's error when one of them cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
}
