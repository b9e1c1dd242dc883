import type { z } from "zod";
import type { ConfigurationError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";
import type { Places } from "../../prompts/read-prompt.ts";

/** The places within a part of a file, by path from that part. */
export function placesIn(places: Places, at: readonly PropertyKey[]): Places {
  return {
    originOf: (path) => places.originOf([...at, ...path]),
    error: (path, where, message, hint) => places.error([...at, ...path], where, message, hint),
  };
}

/**
 * The first thing that is wrong with a value's shape, with its place, and the nearest right key.
 *
 * @param known The keys that are right where a wrong one was found at the top.
 */
export function shapeError(
  places: Places,
  issues: readonly z.core.$ZodIssue[],
  known: readonly string[],
): ConfigurationError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) return places.error([], "value", "is not as it should be");
  if (issue.code !== "unrecognized_keys") {
    const subject = issue.path.join(".");
    return places.error(issue.path, "value", `${subject === "" ? "" : `${subject}: `}${issue.message}`);
  }
  return unknownKey(placesIn(places, issue.path), issue.keys[0] ?? "", issue.path.length === 0 ? known : []);
}

/** The error for a key that is not known where it stands. */
export function unknownKey(places: Places, key: string, known: readonly string[]): ConfigurationError {
  const near = nearest(key, known);
  const list = known.length === 0 || known.length > 20 ? "" : `Known: ${known.join(", ")}.`;
  const hint = `${near === undefined ? "" : `Did you mean "${near}"? `}${list}`.trim();
  return places.error([key], "key", `unknown key "${key}"`, hint === "" ? undefined : hint);
}
