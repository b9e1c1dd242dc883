import { parseFields } from "../core/json-text.ts";
import type { JsonSchema } from "./schema.ts";
import { admitsNull, isNode, propertiesOf, requiredNames, resolveNode } from "./schema-node.ts";

/**
 * An answer without the nulls that stand for "not there": strict mode has the model name every property, so what the
 * schema does not require, and does not let be null, is left out of the answer where it is null. So is an object that
 * nothing is left of, where it is not required either. Numbers keep their spelling.
 *
 * @param text JSON of the answer.
 * @returns undefined when there is none
 */
export function withoutAbsent(root: JsonSchema, text: string): string | undefined {
  if (!text.includes("null")) return undefined;
  const answer: unknown = parseFields(text);
  return dropIn(root, root, answer) ? JSON.stringify(answer) : undefined;
}

/** Changes a value that was parsed for this. @returns whether anything was dropped */
function dropIn(root: JsonSchema, schema: unknown, value: unknown): boolean {
  const node = branchFor(root, resolveNode(root, schema), value);
  if (node === undefined) return false;
  if (Array.isArray(value)) return value.map((item) => dropIn(root, node.items, item)).some(Boolean);
  if (!isMutable(value)) return false;
  const required = requiredNames(node);
  let isChanged = false;
  for (const [name, property] of propertiesOf(node)) {
    if (!Object.hasOwn(value, name)) continue;
    const isDropped = dropIn(root, property, value[name]);
    const isNothing = (value[name] === null || (isDropped && isEmpty(value[name]))) && !admitsNull(root, property);
    if (isNothing && !required.has(name)) delete value[name];
    isChanged ||= isDropped || !Object.hasOwn(value, name);
  }
  return isChanged;
}

/** Of alternatives the one whose properties are the object's, and whose constants too: strict answers have them all. */
function branchFor(root: JsonSchema, node: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  if (node === undefined || !Array.isArray(node.anyOf)) return node;
  const branches: readonly unknown[] = node.anyOf;
  return branches
    .map((branch) => branchFor(root, resolveNode(root, branch), value))
    .find((branch) => branch !== undefined && fits(root, branch, value));
}

function fits(root: JsonSchema, branch: JsonSchema, value: unknown): boolean {
  if (Array.isArray(value)) return "items" in branch;
  if (!isMutable(value)) return false;
  const properties = new Map(propertiesOf(branch));
  const names = Object.keys(value);
  return (
    "properties" in branch &&
    names.length === properties.size &&
    names.every((name) => properties.has(name) && hasConstant(root, properties.get(name), value[name]))
  );
}

function hasConstant(root: JsonSchema, schema: unknown, value: unknown): boolean {
  const node = resolveNode(root, schema);
  if (node === undefined || value === null) return true;
  if ("const" in node) return node.const === value;
  return !Array.isArray(node.enum) || node.enum.includes(value);
}

function isEmpty(value: unknown): boolean {
  return isNode(value) && Object.keys(value).length === 0;
}

function isMutable(value: unknown): value is Record<string, unknown> {
  return isNode(value);
}
