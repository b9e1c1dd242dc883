import type { z } from "zod";
import { type ApiError, badRequest, missingParameter } from "./errors.ts";

/**
 * Checks what a client sent.
 *
 * @throws {ApiError} 400 in the API's own words for the first thing that is wrong.
 */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw issue === undefined ? badRequest("invalid_value", "Invalid request.") : errorOfIssue(issue, value);
}

/**
 * Checks a batch's metadata: at most 16 pairs, keys of at most 64 and values of at most 512 characters.
 *
 * @throws {ApiError} 400
 */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata);
  if (pairs.length > 16) {
    const expectation = `Expected an object with at most 16 properties, but got ${pairs.length} properties instead.`;
    throw badRequest(
      "object_above_max_properties",
      `Invalid 'metadata': too many properties. ${expectation}`,
      "metadata",
    );
  }
  for (const [key, value] of pairs) {
    if (key.length > 64) throw tooLong("property_name_above_max_length", "metadata", { limit: 64, length: key.length });
    const length = value.length;
    if (length > 512) throw tooLong("string_above_max_length", `metadata.${key}`, { limit: 512, length });
  }
}

function tooLong(code: string, param: string, size: { limit: number; length: number }): ApiError {
  const expectation = `Expected a string with maximum length ${size.limit}, but got a string with length ${size.length} instead.`;
  const what = code === "string_above_max_length" ? `Invalid '${param}'` : `Invalid property name in '${param}'`;
  return badRequest(code, `${what}: string too long. ${expectation}`, param);
}

function errorOfIssue(issue: z.core.$ZodIssue, value: unknown): ApiError {
  const param = pathText(issue.path);
  const found = valueAt(value, issue.path);
  if (found === undefined) return missingParameter(param);
  if (issue.code === "invalid_value") return invalidValue(param, found, issue.values);
  if (issue.code === "too_small" || issue.code === "too_big") {
    const direction = issue.code === "too_small" ? "below minimum" : "above maximum";
    return badRequest("invalid_value", `Invalid '${param}': ${direction}. ${issue.message}.`, param);
  }
  const expected = issue.code === "invalid_type" ? article(issue.expected) : "one of the supported types";
  const message = `Invalid type for '${param}': expected ${expected}, but got ${typeName(found)} instead.`;
  return badRequest("invalid_type", message, param);
}

function invalidValue(param: string, found: unknown, values: readonly unknown[]): ApiError {
  const names = values.map((value) => `'${String(value)}'`);
  const last = names.pop();
  const supported = names.length === 0 ? last : `${names.join(", ")} and ${last}`;
  const message = `Invalid value: '${String(found)}'. Supported values are: ${supported}.`;
  return badRequest("invalid_value", message, param);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : `${at > 0 ? "." : ""}${String(key)}`)).join("");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return article(typeof value);
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}
