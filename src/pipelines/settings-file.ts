import { readFile } from "node:fs/promises";
import { InputMissingError, messageOf } from "../core/errors.ts";

/** Gives the text of a file. */
export type ReadText = (path: string) => Promise<string>;

/** Reads a file from disk. */
export function readUtf8(path: string): Promise<string> {
  return readFile(path, "utf8");
}

/**
 * Reads a file that the settings name.
 *
 * @param what What it is, for the message.
 * @returns text and path, as the parsers of texts take them
 * @throws {InputMissingError}
 */
export async function readSettingsFile(
  read: ReadText,
  path: string,
  what: string,
): Promise<[text: string, file: string]> {
  try {
    return [await read(path), path];
  } catch (cause) {
    throw new InputMissingError(`cannot read the ${what} file ${path}: ${messageOf(cause)}`, {
      hint: "Check the path and its permissions.",
      cause,
    });
  }
}
