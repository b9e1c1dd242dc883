import type { JsonSchema } from "./schema.ts";
import { isNode, propertiesOf } from "./schema-node.ts";

/*
 * How large a schema may be in strict mode. Source: developers.openai.com/api/docs/guides/structured-outputs,
 * "Objects have limitations on nesting depth and size", and the three sections after it.
 */
const MAX_LEVELS = 10;
const MAX_PROPERTIES = 5_000;
const MAX_ENUM_VALUES = 1_000;
/** Of the names of properties and definitions, and the values of enum and const, together. */
const MAX_NAME_CHARACTERS = 120_000;
/** Of the texts of one enum, where it has more than {@link SMALL_ENUM} values. */
const MAX_ENUM_CHARACTERS = 15_000;
const SMALL_ENUM = 250;

/** Says which limit a schema in the strict dialect goes over; undefined when none. */
export function findBeyondLimits(schema: JsonSchema): string | undefined {
  const size = { levels: 0, properties: 0, values: 0, characters: 0, widest: 0 };
  measure(schema, 0, size);
  if (size.levels > MAX_LEVELS) return beyond("levels of objects", size.levels, MAX_LEVELS);
  if (size.properties > MAX_PROPERTIES) return beyond("properties", size.properties, MAX_PROPERTIES);
  if (size.values > MAX_ENUM_VALUES) return beyond("enum values", size.values, MAX_ENUM_VALUES);
  if (size.widest > MAX_ENUM_CHARACTERS) return beyond("characters in one enum", size.widest, MAX_ENUM_CHARACTERS);
  if (size.characters <= MAX_NAME_CHARACTERS) return undefined;
  return beyond("characters in names and enum values", size.characters, MAX_NAME_CHARACTERS);
}

interface Size {
  levels: number;
  properties: number;
  values: number;
  characters: number;
  widest: number;
}

function beyond(what: string, count: number, limit: number): string {
  return `the schema has ${count.toLocaleString("en-US")} ${what}, of ${limit.toLocaleString("en-US")} at most`;
}

/** Definitions are measured where they stand: a reference to them is no level more. */
function measure(value: unknown, above: number, size: Size): void {
  if (!isNode(value)) return;
  const properties = propertiesOf(value);
  const level = above + ("properties" in value ? 1 : 0);
  size.levels = Math.max(size.levels, level);
  size.properties += properties.length;
  measureWords(value, size);
  for (const [, schema] of properties) measure(schema, level, size);
  for (const schema of Array.isArray(value.anyOf) ? value.anyOf : []) measure(schema, level, size);
  measure(value.items, level, size);
  for (const definitions of [value.$defs, value.definitions]) {
    if (!isNode(definitions)) continue;
    for (const schema of Object.values(definitions)) measure(schema, 0, size);
  }
}

function measureWords(value: JsonSchema, size: Size): void {
  const values = Array.isArray(value.enum) ? value.enum : [];
  const characters = lengthOf(values);
  size.values += values.length;
  if (values.length > SMALL_ENUM) size.widest = Math.max(size.widest, characters);
  const names = [value.properties, value.$defs, value.definitions].flatMap((map) =>
    isNode(map) ? Object.keys(map) : [],
  );
  size.characters += characters + lengthOf(names) + lengthOf([value.const]);
}

function lengthOf(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => sum + (typeof value === "string" ? value.length : 0), 0);
}
