import { z } from "zod";
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
 * @param shape What the value was checked against.
 */
export function shapeError(places: Places, issues: readonly z.core.$ZodIssue[], shape: z.ZodType): ConfigurationError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) return places.error([], "value", "is not as it should be");
  if (issue.code !== "unrecognized_keys") {
    const subject = issue.path.join(".");
    return places.error(issue.path, "value", `${subject === "" ? "" : `${subject}: `}${messageOf(issue)}`);
  }
  return unknownKey(placesIn(places, issue.path), issue.keys[0] ?? "", keysAt(shape, issue.path));
}

/** What a value has to be, in the words of YAML; what the shape itself says of it stands as it is. */
function messageOf(issue: z.core.$ZodIssue): string {
  const kind = issue.code === "invalid_type" && issue.message.startsWith("Invalid input") ? issue.expected : "";
  return Object.hasOwn(KINDS, kind) ? `has to be ${KINDS[kind]}` : issue.message;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  array: "a list",
  object: "a map",
  record: "a map",
};

/** The keys that a map may have, at a path within a shape; none where that is not of one kind. */
function keysAt(shape: z.core.$ZodType | undefined, path: readonly PropertyKey[]): readonly string[] {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable) return keysAt(shape.unwrap(), path);
  const [first, ...rest] = path;
  if (shape instanceof z.ZodArray && first !== undefined) return keysAt(shape.element, rest);
  if (!(shape instanceof z.ZodObject)) return [];
  return first === undefined ? Object.keys(shape.shape) : keysAt(shape.shape[String(first)], rest);
}

/** The error for a key that is not known where it stands. */
export function unknownKey(places: Places, key: string, known: readonly string[]): ConfigurationError {
  const near = nearest(key, known);
  const list = known.length === 0 || known.length > 20 ? "" : `Known: ${known.join(", ")}.`;
  const hint = `${near === undefined ? "" : `Did you mean "${near}"? `}${list}`.trim();
  return places.error([key], "key", `unknown key "${key}"`, hint === "" ? undefined : hint);
}
