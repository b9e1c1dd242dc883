import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";

/** Bytes of a file, or of all that lies in a folder. What is gone by the time it is looked at counts as nothing. */
export function bytesOf(path: string): number {
  try {
    const facts = statSync(path);
    if (!facts.isDirectory()) return facts.size;
    return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return 0;
    throw error;
  }
}
