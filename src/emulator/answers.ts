import { type NumberRange, numberIn } from "./number-answers.ts";
import type { SeededRandom } from "./random.ts";
import { entriesOf, listOf, merge, resolveSchema, SchemaError, type SchemaNode } from "./schema-node.ts";
import { stringFor } from "./string-answers.ts";

/** From this depth on, what may be left out is, so that recursive schemas come to an end. */
const SPARE_DEPTH = 5;
const MAX_DEPTH = 40;
const MAX_VALUES = 20_000;

/**
 * Makes a value that follows a JSON Schema; always the same for the same random numbers.
 *
 * Obeyed: `type`, `enum`, `const`, `properties`, `required`, `items`, `prefixItems`, `minItems`, `maxItems`,
 * `uniqueItems`, the bounds of numbers, `multipleOf`, the lengths and common formats of strings, `anyOf`, `oneOf`
 * (taken as `anyOf`), `allOf`, `$ref` within the schema. Not obeyed: `pattern`, `not`, `if`, `dependent…`.
 *
 * @throws {SchemaError} when the schema is malformed, allows nothing finite, or asks for too much.
 */
export function generateAnswer(schema: unknown, random: SeededRandom): unknown {
  return new AnswerGenerator(schema, random).value(schema, 0);
}

class AnswerGenerator {
  readonly #root: unknown;
  readonly #random: SeededRandom;
  #made = 0;

  constructor(root: unknown, random: SeededRandom) {
    this.#root = root;
    this.#random = random;
  }

  value(schema: unknown, depth: number): unknown {
    this.#made++;
    if (depth > MAX_DEPTH || this.#made > MAX_VALUES) throw new SchemaError("it allows no answer of reasonable size");
    const node = resolveSchema(this.#root, schema);
    if (Object.hasOwn(node, "const")) return node.const;
    const options = listOf(node.enum);
    if (options.length > 0) return options[this.#random.integer(0, options.length - 1)];
    const branches = node.anyOf ?? node.oneOf;
    if (branches !== undefined) return this.#branch(node, listOf(branches), depth);
    return this.#typed(node, depth);
  }

  #typed(node: SchemaNode, depth: number): unknown {
    switch (this.#typeOf(node, depth)) {
      case "object":
        return this.#object(node, depth);
      case "array":
        return this.#array(node, depth);
      case "integer":
        return numberIn({ ...rangeOf(node), multipleOf: numberOf(node.multipleOf) ?? 1 }, this.#random);
      case "number":
        return numberIn(rangeOf(node), this.#random);
      case "boolean":
        return this.#random.next() < 0.5;
      case "null":
        return null;
      case "string":
        return stringFor(node, this.#random);
      default:
        throw new SchemaError(`type '${String(node.type)}' is not known`);
    }
  }

  #typeOf(node: SchemaNode, depth: number): unknown {
    if (Array.isArray(node.type)) {
      const types =
        depth < SPARE_DEPTH
          ? node.type
          : sparest(
              node.type.map((type) => ({ type })),
              1,
            ).map((s) => s.type);
      return depth < SPARE_DEPTH ? types[this.#random.integer(0, types.length - 1)] : types[0];
    }
    if (node.type !== undefined) return node.type;
    if (node.properties !== undefined) return "object";
    if (node.items !== undefined || node.prefixItems !== undefined) return "array";
    return node.minimum !== undefined || node.maximum !== undefined ? "number" : "string";
  }

  /** Tries the branches from a random one on, or from the simplest where it gets deep. */
  #branch(node: SchemaNode, branches: readonly unknown[], depth: number): unknown {
    const { anyOf: _any, oneOf: _one, ...base } = node;
    const first = this.#random.integer(0, Math.max(0, branches.length - 1));
    const turned = [...branches.slice(first), ...branches.slice(0, first)];
    let failure = new SchemaError("it has no branch to choose");
    for (const branch of depth < SPARE_DEPTH ? turned : sparest(branches, branches.length)) {
      try {
        return this.value(merge(base, resolveSchema(this.#root, branch)), depth + 1);
      } catch (error) {
        if (!(error instanceof SchemaError) || this.#made > MAX_VALUES) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  #object(node: SchemaNode, depth: number): unknown {
    const required = new Set(listOf(node.required).map(String));
    const properties = new Map(entriesOf(node.properties));
    for (const name of required) if (!properties.has(name)) properties.set(name, node.additionalProperties ?? true);
    const wanted = [...properties].filter(
      ([name, schema]) => required.has(name) || (depth < SPARE_DEPTH && schema !== false),
    );
    return Object.fromEntries(wanted.map(([name, schema]) => [name, this.value(schema, depth + 1)]));
  }

  #array(node: SchemaNode, depth: number): unknown[] {
    const lowest = numberOf(node.minItems) ?? 0;
    const highest = numberOf(node.maxItems) ?? Math.max(lowest, 3);
    const usual = Math.min(highest, Math.max(lowest, 1));
    const length = depth < SPARE_DEPTH ? this.#random.integer(usual, Math.min(highest, usual + 2)) : lowest;
    const prefix = listOf(node.prefixItems);
    const items: unknown[] = [];
    for (let at = 0; at < length; at++) {
      const schema = at < prefix.length ? prefix[at] : (node.items ?? true);
      if (schema === false) break;
      items.push(this.value(schema, depth + 1));
    }
    return node.uniqueItems === true ? this.#unique(items, { node, lowest, depth }) : items;
  }

  #unique(items: readonly unknown[], wanted: { node: SchemaNode; lowest: number; depth: number }): unknown[] {
    const unique = new Map(items.map((item) => [JSON.stringify(item), item]));
    for (let tries = 0; unique.size < wanted.lowest; tries++) {
      if (tries > 100 * wanted.lowest) throw new SchemaError("it allows too few different items");
      const item = this.value(wanted.node.items ?? true, wanted.depth + 1);
      unique.set(JSON.stringify(item), item);
    }
    return [...unique.values()];
  }
}

function rangeOf(node: SchemaNode): NumberRange {
  return {
    minimum: numberOf(node.minimum),
    maximum: numberOf(node.maximum),
    exclusiveMinimum: numberOf(node.exclusiveMinimum),
    exclusiveMaximum: numberOf(node.exclusiveMaximum),
    multipleOf: numberOf(node.multipleOf),
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The schemas that lead least deep: constants and scalars, then lists, objects, references. */
function sparest<T>(schemas: readonly T[], count: number): readonly T[] {
  return [...schemas].sort((a, b) => weight(a) - weight(b)).slice(0, Math.max(1, count));
}

function weight(schema: unknown): number {
  if (typeof schema !== "object" || schema === null) return 0;
  if ("$ref" in schema || "anyOf" in schema || "oneOf" in schema || "allOf" in schema) return 3;
  const type = "type" in schema ? schema.type : undefined;
  if (type === "object" || "properties" in schema) return 2;
  return type === "array" || "items" in schema ? 1 : 0;
}
