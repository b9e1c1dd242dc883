import { pathFromFile } from "./directories.ts";
import { definitionOf, type OptionName } from "./options.ts";

/** Where a file of options lies, and where the program runs. */
export interface FilePlace {
  /** Absolute. */
  readonly path: string;
  readonly cwd: string;
  readonly home: string;
}

/** An option's value from a file, with its paths as they hold from the working folder. */
export function withPaths(name: OptionName, value: unknown, place: FilePlace): unknown {
  const { path, type } = definitionOf(name);
  if (type === "secret") return secretWithPath(value, place);
  if (typeof value !== "string" || path === undefined) return value;
  const isName = path === "name-or-file" && !/\/|\.ya?ml$/i.test(value);
  return isName ? value : pathFromFile(value, place.path, place);
}

function secretWithPath(value: unknown, place: FilePlace): unknown {
  const isFile = typeof value === "object" && value !== null && "file" in value;
  return isFile ? { file: pathFromFile(String(value.file), place.path, place) } : value;
}
