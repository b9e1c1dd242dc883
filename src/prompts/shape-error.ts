import type { z } from "zod";
import type { ConfigurationError } from "../core/errors.ts";
import { nearest } from "../core/registry.ts";
import { promptShape } from "./prompt.ts";
import type { Places } from "./read-prompt.ts";

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
  if (issue.code === "unrecognized_keys") return unknownKey(places, [...path, ...issue.path], issue.keys[0] ?? "");
  const subject = [...path, ...issue.path].join(".");
  return places.error([...path, ...issue.path], "value", `${subject === "" ? "" : `${subject}: `}${issue.message}`);
}

function unknownKey(places: Places, path: readonly PropertyKey[], key: string): ConfigurationError {
  const near = nearest(key, KNOWN_KEYS);
  const hint = `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${KNOWN_KEYS.join(", ")}.`;
  return places.error([...path, key], "key", `unknown key "${key}"`, hint);
}
