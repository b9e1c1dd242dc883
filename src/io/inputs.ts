import { constants } from "node:fs";
import { access, glob, stat } from "node:fs/promises";
import { InputMissingError, messageOf, systemCodeOf, UsageError } from "../core/errors.ts";

/** How stdin is named among the inputs. */
export const STDIN = "-";

const GLOB_CHARACTERS = /[*?[\]{}]/;

/**
 * The inputs that the command line names: files as they are, patterns as the files that match them, in order of
 * name; no argument at all means stdin.
 *
 * @returns paths, and `-` for stdin
 * @throws {InputMissingError} for a file that is not there or cannot be read, and for a pattern without a match.
 * @throws {UsageError} when stdin is named twice.
 */
export async function resolveInputs(names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [STDIN];
  if (names.filter((name) => name === STDIN).length > 1) {
    throw new UsageError("stdin (-) is named twice among the inputs", { hint: "It can be read only once." });
  }
  const paths: string[] = [];
  for (const name of names) paths.push(...(await resolveInput(name)));
  return paths;
}

/** Bytes of all inputs, as they lie on disk; undefined when one of them is no regular file. */
export async function inputBytes(paths: readonly string[]): Promise<number | undefined> {
  let bytes = 0;
  for (const path of paths) {
    const stats = path === STDIN ? undefined : await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) return undefined;
    bytes += stats.size;
  }
  return bytes;
}

/** What is wrong with a file that could not be opened or read. */
export function inputErrorOf(error: unknown, path: string): InputMissingError {
  const code = systemCodeOf(error);
  if (code === "ENOENT") {
    return new InputMissingError(`no such input: ${path}`, { hint: "Check the path.", cause: error });
  }
  if (code === "EISDIR") return isDirectory(path);
  return new InputMissingError(`cannot read ${path}: ${messageOf(error)}`, {
    hint: "Check the file and its permissions.",
    cause: error,
  });
}

async function resolveInput(name: string): Promise<readonly string[]> {
  if (name === STDIN) return [name];
  try {
    // A file may have a name that looks like a pattern.
    if ((await stat(name)).isDirectory()) throw isDirectory(name);
    await access(name, constants.R_OK);
    return [name];
  } catch (error) {
    if (error instanceof InputMissingError) throw error;
    if (systemCodeOf(error) !== "ENOENT" || !GLOB_CHARACTERS.test(name)) throw inputErrorOf(error, name);
    return matchingFiles(name);
  }
}

async function matchingFiles(pattern: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of glob(pattern)) if (!(await isDirectoryAt(path))) paths.push(path);
  if (paths.length > 0) return paths.sort();
  throw new InputMissingError(`no file matches ${pattern}`, { hint: "Check the pattern; directories do not count." });
}

async function isDirectoryAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw inputErrorOf(error, path);
  }
}

function isDirectory(path: string): InputMissingError {
  return new InputMissingError(`${path} is a directory`, { hint: `Name its files, such as '${path}/*.jsonl'.` });
}
