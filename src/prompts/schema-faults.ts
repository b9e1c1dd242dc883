import { ConfigurationError } from "../core/errors.ts";
import { YamlFile } from "./yaml-file.ts";

/** Makes the error that names a place in a schema, by the keys and indexes that lead there. */
export type SchemaFault = (path: readonly PropertyKey[], problem: string, hint: string) => ConfigurationError;

/** Names the place by its JSON pointer, where nothing is known of a file. */
export const faultByPointer: SchemaFault = (path, problem, hint) => {
  const place = path.length === 0 ? "its root" : pointerOf(path);
  return new ConfigurationError(`schema at ${place}: ${problem}`, { hint });
};

/** Names the place by its line and column in the file of a schema, too. */
export function faultInFile(text: string, file: string): SchemaFault {
  return (path, problem, hint) => {
    const place = path.length === 0 ? "" : ` (at ${pointerOf(path)})`;
    return new YamlFile(text, file).error(path, "key", `${problem}${place}`, hint);
  };
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
