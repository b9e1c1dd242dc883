import { readFile } from "node:fs/promises";
import { ConfigurationError, messageOf, systemCodeOf } from "../core/errors.ts";

/** Reads a file's text; undefined when there is no such file. */
export type ReadTextFile = (path: string) => Promise<string | undefined>;

/**
 * Reads a text file from disk.
 *
 * @returns undefined when there is no such file
 * @throws {ConfigurationError} when there is one that cannot be read
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigurationError(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
