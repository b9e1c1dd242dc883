import type { z } from "zod";
import type { ConfigurationError } from "../core/errors.ts";
import { nearest } from "../core/registry.ts";
import { pairShape } from "./pair.ts";
import { promptShape } from "./prompt.ts";
import type { Places } from "./read-prompt.ts";
import { RUBRIC_KEYS } from "./rubric.ts";

const KNOWN_KEYS = Object.keys(promptShape.shape);

/**
 * The first thing wrong with a prompt's shape, as an error that names its place, the key and the nearest right key.
 *
 * @param path Where the prompt stands in its file.
 */
export function shapeError(
  places: Places,
  path: readonly PropertyKey[],
  issues: readonly z.core.$ZodIssue[],
): ConfigurationError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) return places.error(path, "value", "is not a prompt");
  if (issue.code === "unrecognized_keys")
    return unknownKey(places, { path: [...path, ...issue.path], known: knownKeys(issue.path) }, issue.keys[0] ?? "");
  const subject = [...path, ...issue.path].join(".");
  return places.error([...path, ...issue.path], "value", `${subject === "" ? "" : `${subject}: `}${issue.message}`);
}

/** The keys that may stand in the map at a place in a prompt. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === "pairwise") return Object.keys(pairShape.shape);
  if (path[0] !== "rubric") return KNOWN_KEYS;
  if (path.at(-1) === "scale") return RUBRIC_KEYS.scale;
  return path.length === 1 ? RUBRIC_KEYS.rubric : RUBRIC_KEYS.criterion;
}

interface Place {
  readonly path: readonly PropertyKey[];
  readonly known: readonly string[];
}

function unknownKey(places: Places, { path, known }: Place, key: string): ConfigurationError {
  const near = nearest(key, known);
  const hint = `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}.`;
  return places.error([...path, key], "key", `unknown key "${key}"`, hint);
}
