import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";
import type { Places } from "../../prompts/read-prompt.ts";
import { isMap } from "../structured-values.ts";
import { parseNumber } from "../units.ts";

/** A variable's value; null where it has to be set. */
export type Variable = string | number | boolean | readonly string[] | null;
export type Variables = ReadonlyMap<string, Variable>;

const REFERENCE = /\$\{\{\s*([^}]*?)\s*\}\}/g;

/**
 * The variables, with what `--set` gives them, of the type that each has in the file.
 *
 * @param texts `NAME=VALUE`, the last of a name wins.
 * @throws {UsageError} for a name that the file does not have, with the nearest, and a value of another type
 */
export function setVariables(declared: Variables, texts: readonly string[]): Variables {
  const variables = new Map(declared);
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at <= 0) throw new UsageError(`--set ${text}: has to be NAME=VALUE`);
    const name = text.slice(0, at);
    if (!declared.has(name)) throw unknownVariable(name, [...declared.keys()]);
    variables.set(name, ofType(declared.get(name) ?? null, text.slice(at + 1), name));
  }
  return variables;
}

/** Puts variables into every text of a value, at all depths. A text that is one reference becomes its value. */
export function fillIn(
  value: unknown,
  variables: Variables,
  places: Places,
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === "string")
    return filledText(value, variables, (message, hint) => places.error(path, "value", message, hint));
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, variables, places, [...path, index]));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillIn(item, variables, places, [...path, key])]),
  );
}

type ErrorAt = (message: string, hint?: string) => Error;

function filledText(text: string, variables: Variables, errorAt: ErrorAt): unknown {
  const whole = new RegExp(`^${REFERENCE.source}$`).exec(text)?.[1];
  if (whole !== undefined) return resolved(whole, variables, errorAt);
  return text.replaceAll(REFERENCE, (_, reference: string) => {
    const value = resolved(reference, variables, errorAt);
    return Array.isArray(value) ? value.join(", ") : String(value);
  });
}

function resolved(reference: string, variables: Variables, errorAt: ErrorAt): Exclude<Variable, null> {
  const name = reference.replace(/^vars\./, "");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  if (name === reference) throw errorAt(`"${reference}" is no variable`, "Write ${{ vars.NAME }}.");
  if (!variables.has(name)) {
    const near = nearest(name, [...variables.keys()]);
    const hint = near === undefined ? "Declare it under vars." : `Did you mean "${near}"?`;
    throw errorAt(`there is no variable "${name}"`, hint);
  }
  const value = variables.get(name);
  if (isUnset(value)) {
    throw errorAt(`the variable "${name}" has no value`, `Set it with --set ${name}=VALUE.`);
  }
  return value;
}

/** The variables, with their own names where they have no value. */
export function withPlaceholders(variables: Variables): Variables {
  const filled = [...variables].map(
    ([name, value]) => [name, isUnset(value) ? (Array.isArray(value) ? [name] : name) : value] as const,
  );
  return new Map(filled);
}

function isUnset(value: Variable | undefined): value is null | undefined {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

function ofType(declared: Variable, text: string, name: string): Variable {
  if (Array.isArray(declared)) return text.split(",").map((item) => item.trim());
  if (typeof declared === "number") {
    const number = parseNumber(text);
    if (number === undefined) throw new UsageError(`--set ${name}: ${JSON.stringify(text)} is not a number`);
    return number;
  }
  if (typeof declared !== "boolean") return text;
  if (text === "true" || text === "false") return text === "true";
  throw new UsageError(`--set ${name}: ${JSON.stringify(text)} is neither true nor false`);
}

function unknownVariable(name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  const list = known.length === 0 ? "The file has no vars." : `It has: ${known.join(", ")}.`;
  return new UsageError(`--set ${name}: the pipeline has no such variable`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}${list}`,
  });
}
