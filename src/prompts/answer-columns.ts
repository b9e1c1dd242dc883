import type { JsonSchema } from "./schema.ts";

/**
 * The columns an answer takes in a table: one per property of the schema, nested objects flattened with dots
 * (`grade.score`), in the schema's order; one column when there is no schema.
 *
 * @param field The name of the answer's field.
 */
export function answerColumns(schema: JsonSchema | undefined, field: string): readonly string[] {
  return schema === undefined ? [field] : columnsOf({ root: schema, above: [] }, schema, field);
}

/** The whole schema, and the schemas that hold the one looked at: a recursive one stays one column. */
interface Place {
  readonly root: JsonSchema;
  readonly above: readonly unknown[];
}

function columnsOf({ root, above }: Place, value: unknown, name: string): readonly string[] {
  const schema = followReference(root, value);
  const entries = isObject(schema) && isObject(schema.properties) ? Object.entries(schema.properties) : [];
  if (entries.length === 0 || above.includes(schema)) return [name];
  const place = { root, above: [...above, schema] };
  return entries.flatMap(([key, property]) => columnsOf(place, property, `${name}.${key}`));
}

/** What a local `$ref` points at; the value itself when it is none. */
export function followReference(root: JsonSchema, value: unknown): unknown {
  if (!isObject(value) || typeof value.$ref !== "string") return value;
  const [start, ...steps] = value.$ref.split("/");
  if (start !== "#") return undefined;
  let target: unknown = root;
  for (const step of steps) {
    target = isObject(target) ? target[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return target;
}

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
