import type { ConfigurationError } from "../core/errors.ts";
import type { JsonSchema } from "./schema.ts";
import { faultByPointer, type SchemaFault } from "./schema-faults.ts";
import { admitsNull, hasType, isNode, propertiesOf, requiredNames } from "./schema-node.ts";
import { findBeyondLimits } from "./strict-limits.ts";

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
/** Types to which `null` can be added by name. */
const PLAIN_TYPES = new Set(["string", "number", "integer", "boolean"]);
/** Deeper than the provider allows, and far from overflowing the stack. */
const MAX_DEPTH = 100;
const WAY_OUT =
  "Say it in a description instead; or send the schema as it is with --no-strict, and answers are checked all the same.";

type Path = readonly PropertyKey[];

/**
 * A copy of a schema in the dialect of structured outputs: on every object all properties required and no others
 * allowed. A property that the schema does not require may be null in the copy, and that is read back as absent
 * (see absent-nulls.ts); with that, whatever satisfies the copy satisfies the schema.
 *
 * @param fault Makes the error for a place in the schema.
 * @throws {ConfigurationError} naming the keyword and its place when the dialect cannot say it, or it is too large.
 */
export function toStrictSchema(schema: JsonSchema, fault: SchemaFault = faultByPointer): JsonSchema {
  const strict = new StrictCopy(schema, fault).make();
  const beyond = findBeyondLimits(strict);
  if (beyond !== undefined) throw fault([], `${beyond} (strict mode)`, "Make it smaller, or send it with --no-strict.");
  return strict;
}

class StrictCopy {
  readonly #root: JsonSchema;
  readonly #fault: SchemaFault;

  constructor(root: JsonSchema, fault: SchemaFault) {
    this.#root = root;
    this.#fault = fault;
  }

  make(): JsonSchema {
    const { type } = this.#root;
    if (type !== "object" || "anyOf" in this.#root) throw this.#refusal([], "the schema's root must be a plain object");
    return this.#keywords(this.#root, []);
  }

  #schema(value: unknown, path: Path): JsonSchema {
    if (!isNode(value)) throw this.#refusal(path, "a schema must be an object");
    if (path.length > 2 * MAX_DEPTH) throw this.#refusal([], "the schema is nested too deep");
    if (!HAS_A_KIND.some((keyword) => keyword in value)) throw this.#refusal(path, "a schema needs a type");
    return "$ref" in value ? this.#reference(value, path) : this.#keywords(value, path);
  }

  #keywords(value: JsonSchema, path: Path): JsonSchema {
    const strict: Record<string, unknown> = {};
    for (const [keyword, content] of Object.entries(value)) {
      if (DROPPED.has(keyword)) continue;
      if (REFUSED.has(keyword)) throw this.#refusal([...path, keyword], `the keyword "${keyword}" is not supported`);
      strict[keyword] = this.#keyword(keyword, content, { path: [...path, keyword], owner: value });
    }
    if (hasType(value, "array") && !("items" in value)) throw this.#refusal(path, 'an array needs "items"');
    if (!hasType(value, "object") && !("properties" in value)) return strict;
    this.#checkIsClosed(value, path);
    const properties = isNode(strict.properties) ? strict.properties : {};
    return { ...strict, properties, required: Object.keys(properties), additionalProperties: false };
  }

  /** Only these keywords hold schemas; everything else is copied as it is. */
  #keyword(keyword: string, content: unknown, { path, owner }: Place): unknown {
    switch (keyword) {
      case "properties":
        return this.#properties(owner, path);
      case "$defs":
      case "definitions":
        return this.#map(content, path);
      case "anyOf":
        if (!Array.isArray(content)) throw this.#refusal(path, "anyOf must be a list");
        return content.map((item, index) => this.#schema(item, [...path, index]));
      case "items":
        return this.#schema(content, path);
      default:
        return content;
    }
  }

  #properties(owner: JsonSchema, path: Path): JsonSchema {
    const required = requiredNames(owner);
    const made = propertiesOf(owner).map(([name, schema]) => {
      const strict = this.#schema(schema, [...path, name]);
      return [name, required.has(name) || admitsNull(this.#root, schema) ? strict : orNull(strict)] as const;
    });
    return Object.fromEntries(made);
  }

  #map(content: unknown, path: Path): JsonSchema {
    if (!isNode(content)) throw this.#refusal(path, "must be a map of schemas");
    return Object.fromEntries(
      Object.entries(content).map(([name, schema]) => [name, this.#schema(schema, [...path, name])]),
    );
  }

  /** Strict mode allows nothing beside a `$ref`. */
  #reference(value: JsonSchema, path: Path): JsonSchema {
    const other = Object.keys(value).find((keyword) => keyword !== "$ref" && !DROPPED.has(keyword));
    if (other === undefined) return { $ref: value.$ref };
    throw this.#refusal([...path, other], `"${other}" cannot stand beside "$ref"; move it into the definition`);
  }

  /** `additionalProperties: true` may be narrowed to false; a schema for them cannot be kept. */
  #checkIsClosed(value: JsonSchema, path: Path): void {
    if (!isNode(value.additionalProperties)) return;
    throw this.#refusal([...path, "additionalProperties"], "properties that are not named are not supported");
  }

  #refusal(path: Path, problem: string): ConfigurationError {
    return this.#fault(path, `${problem} in strict mode`, WAY_OUT);
  }
}

interface Place {
  readonly path: Path;
  /** The schema that has the keyword. */
  readonly owner: JsonSchema;
}

/** The schema, with `null` as one more answer. */
function orNull(strict: JsonSchema): JsonSchema {
  const { type } = strict;
  if (Array.isArray(strict.anyOf)) return { ...strict, anyOf: [...strict.anyOf, { type: "null" }] };
  const isPlain = typeof type === "string" && PLAIN_TYPES.has(type) && !("enum" in strict) && !("const" in strict);
  return isPlain ? { ...strict, type: [type, "null"] } : { anyOf: [strict, { type: "null" }] };
}
