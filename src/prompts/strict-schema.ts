import { ConfigurationError } from "../core/errors.ts";
import type { JsonSchema } from "./schema.ts";

/**
 * Keywords that structured outputs in strict mode refuse. Source: the list in the openai package 7.55.0,
 * lib/transform.js, and developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas".
 */
const REFUSED = new Set(
  [
    "$anchor $dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef allOf oneOf not if then else",
    "dependencies dependentRequired dependentSchemas patternProperties propertyNames minProperties maxProperties",
    "prefixItems additionalItems contains minContains maxContains uniqueItems",
    "contentEncoding contentMediaType contentSchema unevaluatedItems unevaluatedProperties",
  ].flatMap((names) => names.split(" ")),
);
/** Keywords that say nothing about which answers are valid, and that strict mode does not know or permit. */
const DROPPED = new Set(["$schema", "$id", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"]);
const HAS_A_KIND = ["type", "anyOf", "$ref", "enum", "const"];
/** Deeper than the provider allows (10 levels), and far from overflowing the stack. */
const MAX_DEPTH = 100;

/**
 * A copy of a schema in the dialect of structured outputs: on every object all properties required and no others
 * allowed. Whatever satisfies the copy satisfies the schema.
 *
 * @throws {ConfigurationError} naming the keyword and its JSON pointer when the dialect cannot say it.
 */
export function toStrictSchema(schema: JsonSchema): JsonSchema {
  if (schema.type !== "object" || "anyOf" in schema) throw refusal("", "the schema's root must be a plain object");
  return strictObject(schema, "", 0);
}

function strictSchema(value: unknown, pointer: string, depth: number): JsonSchema {
  if (!isObject(value)) throw refusal(pointer, "a schema must be an object");
  if (depth > MAX_DEPTH) throw refusal(pointer, "the schema is nested too deep");
  if (!HAS_A_KIND.some((keyword) => keyword in value)) throw refusal(pointer, "a schema needs a type");
  if ("$ref" in value) return strictReference(value, pointer);
  return strictObject(value, pointer, depth);
}

function strictObject(value: JsonSchema, pointer: string, depth: number): JsonSchema {
  const strict: Record<string, unknown> = {};
  for (const [keyword, content] of Object.entries(value)) {
    if (DROPPED.has(keyword)) continue;
    if (REFUSED.has(keyword)) throw refusal(`${pointer}/${keyword}`, `the keyword "${keyword}" is not supported`);
    strict[keyword] = strictKeyword(keyword, content, `${pointer}/${escapeStep(keyword)}`, depth + 1);
  }
  if (hasType(value, "array") && !("items" in value)) throw refusal(pointer, 'an array needs "items"');
  if (!hasType(value, "object") && !("properties" in value)) return strict;
  checkIsClosed(value, pointer);
  const properties = isObject(strict.properties) ? strict.properties : {};
  return { ...strict, properties, required: Object.keys(properties), additionalProperties: false };
}

/** Only these keywords hold schemas; everything else is copied as it is. */
function strictKeyword(keyword: string, content: unknown, pointer: string, depth: number): unknown {
  switch (keyword) {
    case "properties":
    case "$defs":
    case "definitions":
      return strictMap(content, pointer, depth);
    case "anyOf":
      if (!Array.isArray(content)) throw refusal(pointer, "anyOf must be a list");
      return content.map((item, index) => strictSchema(item, `${pointer}/${index}`, depth));
    case "items":
      return strictSchema(content, pointer, depth);
    default:
      return content;
  }
}

function strictMap(content: unknown, pointer: string, depth: number): JsonSchema {
  if (!isObject(content)) throw refusal(pointer, "must be a map of schemas");
  const entries = Object.entries(content);
  return Object.fromEntries(
    entries.map(([name, schema]) => [name, strictSchema(schema, `${pointer}/${escapeStep(name)}`, depth)]),
  );
}

/** Strict mode allows nothing beside a `$ref`. */
function strictReference(value: JsonSchema, pointer: string): JsonSchema {
  const other = Object.keys(value).find((keyword) => keyword !== "$ref" && !DROPPED.has(keyword));
  if (other === undefined) return { $ref: value.$ref };
  throw refusal(`${pointer}/${other}`, `"${other}" cannot stand beside "$ref"; move it into the definition`);
}

/** `additionalProperties: true` may be narrowed to false; a schema for them cannot be kept. */
function checkIsClosed(value: JsonSchema, pointer: string): void {
  if (!isObject(value.additionalProperties)) return;
  throw refusal(`${pointer}/additionalProperties`, "properties that are not named are not supported");
}

function hasType(value: JsonSchema, type: string): boolean {
  return value.type === type || (Array.isArray(value.type) && value.type.includes(type));
}

function refusal(pointer: string, problem: string): ConfigurationError {
  return new ConfigurationError(`schema at ${pointer === "" ? "its root" : pointer}: ${problem} (strict mode)`, {
    hint: "Say it in a description instead, or give your own response_format with --param.",
  });
}

function escapeStep(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
