import type { JsonSchema } from "./schema.ts";
import { followReference, isNode as isObject } from "./schema-node.ts";

/**
 * The fields of an answer that hold text in the model's own words: strings for which the schema names no values.
 *
 * @returns their paths, properties joined with dots
 */
export function freeTextPaths(schema: JsonSchema | undefined): ReadonlySet<string> {
  return new Set(schema === undefined ? [] : pathsIn({ root: schema, above: [] }, schema, ""));
}

/** The whole schema, and the schemas that hold the one looked at. */
interface Place {
  readonly root: JsonSchema;
  readonly above: readonly unknown[];
}

function pathsIn({ root, above }: Place, value: unknown, path: string): readonly string[] {
  const schema = followReference(root, value);
  if (!isObject(schema) || above.includes(schema)) return [];
  if (isFreeText(schema)) return [path];
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const place = { root, above: [...above, schema] };
  return properties.flatMap(([name, property]) => pathsIn(place, property, path === "" ? name : `${path}.${name}`));
}

function isFreeText(schema: JsonSchema): boolean {
  const types: readonly unknown[] = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  return types.includes("string") && schema["enum"] === undefined && schema["const"] === undefined;
}
