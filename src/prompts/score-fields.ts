import type { Category, ScoreField } from "../core/scores/score-field.ts";
import { followReference } from "./answer-columns.ts";
import type { JsonSchema } from "./schema.ts";

/** Fields that are counted; a schema with more has the first of them counted. */
const MAX_FIELDS = 64;

/**
 * The fields of an answer that can be counted: numbers, integers, booleans and enums, also in nested objects, in the
 * schema's order, under the names of their columns. Fields within arrays are none.
 *
 * @param field The name of the answer's field.
 */
export function scoreFields(schema: JsonSchema | undefined, field: string): readonly ScoreField[] {
  if (schema === undefined) return [];
  return fieldsOf({ root: schema, above: [], path: [] }, schema, field).slice(0, MAX_FIELDS);
}

interface Place {
  readonly root: JsonSchema;
  /** The schemas that hold the one looked at. */
  readonly above: readonly unknown[];
  readonly path: readonly string[];
}

function fieldsOf({ root, above, path }: Place, value: unknown, name: string): readonly ScoreField[] {
  const schema = withoutNull(root, followReference(root, value));
  if (!isObject(schema) || above.includes(schema)) return [];
  const leaf = leafOf(schema);
  if (leaf !== undefined) return [{ name, path, ...leaf }];
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const inside = { root, above: [...above, schema] };
  return properties.flatMap(([key, property]) =>
    fieldsOf({ ...inside, path: [...path, key] }, property, `${name}.${key}`),
  );
}

/** The one other choice beside null; the schema itself when there is no such choice. */
function withoutNull(root: JsonSchema, schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(choices)) return schema;
  const others = choices.map((choice) => followReference(root, choice)).filter((choice) => !isNull(choice));
  return others.length === 1 ? others[0] : schema;
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && schema["type"] === "null";
}

function leafOf(schema: JsonSchema): Omit<ScoreField, "name" | "path"> | undefined {
  if (Array.isArray(schema["enum"])) return enumOf(schema["enum"]);
  const types = [schema["type"]].flat().filter((type) => type !== "null");
  if (types.length !== 1) return undefined;
  if (types[0] === "boolean") return { kind: "category", values: [true, false] };
  if (types[0] !== "integer" && types[0] !== "number") return undefined;
  return { kind: types[0], ...bound("minimum", schema["minimum"]), ...bound("maximum", schema["maximum"]) };
}

function enumOf(listed: readonly unknown[]): Omit<ScoreField, "name" | "path"> | undefined {
  const values = listed.filter(isCategory);
  if (values.length === 0) return undefined;
  if (values.some((value) => typeof value !== "number")) return { kind: "category", values };
  return { kind: values.every(Number.isInteger) ? "integer" : "number", values };
}

function bound<Name extends string>(name: Name, value: unknown): { [key in Name]?: number } {
  return typeof value === "number" ? ({ [name]: value } as { [key in Name]: number }) : {};
}

function isCategory(value: unknown): value is Category {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
