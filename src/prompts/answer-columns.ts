import type { JsonSchema } from "./schema.ts";
import { admitsNull, hasType, propertiesOf, requiredNames, resolveNode } from "./schema-node.ts";

/** The columns an answer takes in a table. */
export interface AnswerColumns {
  readonly names: readonly string[];
  /** Those in which a text that could be taken for nothing, or for another value, has to be written as JSON. */
  readonly mixed: ReadonlySet<string>;
}

/**
 * The columns an answer takes in a table: one per property of the schema, nested objects flattened with dots
 * (`grade.score`), in the schema's order; one column when there is no schema. An object stays one column, as JSON,
 * where cells alone would not tell what it was: one that may be null, one of several kinds, a recursive one, and one
 * that is not required and may be there with nothing in its cells. Without the provider's strict mode, one that may
 * have properties the schema does not name, too.
 *
 * @param field The name of the answer's field.
 */
export function answerColumns(schema: JsonSchema | undefined, field: string, isStrict = true): AnswerColumns {
  if (schema === undefined) return { names: [field], mixed: new Set() };
  const columns = new Flattening(schema, isStrict).columns(field);
  return {
    names: columns.map(({ name }) => name),
    mixed: new Set(columns.flatMap(({ name, isMixed }) => (isMixed ? [name] : []))),
  };
}

interface Column {
  readonly name: string;
  readonly isMixed: boolean;
}

/** A property on the way down. */
interface Place {
  readonly name: string;
  readonly schema: unknown;
  /** Whether it is there in every answer. */
  readonly isSure: boolean;
  /** The schemas that hold it: a recursive one stays one column. */
  readonly above: readonly unknown[];
}

class Flattening {
  readonly #root: JsonSchema;
  readonly #isStrict: boolean;
  /** The names of objects that were flattened. */
  readonly #objects: string[] = [];

  constructor(root: JsonSchema, isStrict: boolean) {
    this.#root = root;
    this.#isStrict = isStrict;
  }

  columns(name: string): readonly Column[] {
    if (!this.#hasNamesOnly(this.#root)) return [{ name, isMixed: false }];
    const place = { name, schema: this.#root, isSure: true, above: [] };
    const all = this.#below(place, this.#root, (inner) => this.#columnsOf(inner));
    if (all.length === 0) return [{ name, isMixed: false }];
    const names = [...this.#objects, ...all.map((column) => column.name)];
    if (new Set(names).size === names.length) return all;
    // A dot in a property's name makes it look like another's: then nothing is flattened but the answer itself.
    return this.#below(place, this.#root, (inner) => [this.#leaf(inner)]);
  }

  #columnsOf(place: Place): readonly Column[] {
    const node = this.#flat(place);
    if (node === undefined) return [this.#leaf(place)];
    this.#objects.push(place.name);
    return this.#below(place, node, (inner) => this.#columnsOf(inner));
  }

  #below(place: Place, node: JsonSchema, visit: (inner: Place) => readonly Column[]): readonly Column[] {
    const required = requiredNames(node);
    const above = [...place.above, node];
    return propertiesOf(node).flatMap(([key, schema]) =>
      visit({ name: `${place.name}.${key}`, schema, isSure: place.isSure && required.has(key), above }),
    );
  }

  /** The object's schema where it is flattened. */
  #flat({ schema, isSure, above }: Place): JsonSchema | undefined {
    const node = resolveNode(this.#root, schema);
    if (node === undefined || propertiesOf(node).length === 0 || above.includes(node)) return undefined;
    if (!this.#hasNamesOnly(node) || admitsNull(this.#root, node)) return undefined;
    return isSure || this.#isTelling(node, [...above, node]) ? node : undefined;
  }

  #hasNamesOnly(node: JsonSchema): boolean {
    if ("anyOf" in node) return false;
    return this.#isStrict || (node.additionalProperties === false && !("patternProperties" in node));
  }

  /** Whether some cell of an object is filled whenever it is there. */
  #isTelling(node: JsonSchema, above: readonly unknown[]): boolean {
    const required = requiredNames(node);
    const properties = propertiesOf(node).map(([key, schema]) => ({
      isRequired: required.has(key),
      isFilled: this.#isFilled(schema, above),
    }));
    return properties.some((one) => one.isRequired && one.isFilled) || properties.every((one) => one.isFilled);
  }

  #isFilled(schema: unknown, above: readonly unknown[]): boolean {
    if (admitsNull(this.#root, schema)) return false;
    const node = resolveNode(this.#root, schema);
    if (node === undefined || propertiesOf(node).length === 0 || "anyOf" in node || above.includes(node)) return true;
    return this.#isTelling(node, [...above, node]) && requiredNames(node).size > 0;
  }

  #leaf({ name, schema, isSure }: Place): Column {
    return { name, isMixed: !(isSure && this.#isText(schema)) };
  }

  #isText(schema: unknown): boolean {
    const node = resolveNode(this.#root, schema);
    if (node === undefined) return false;
    if ("const" in node) return typeof node.const === "string";
    if (Array.isArray(node.enum)) return node.enum.every((value) => typeof value === "string");
    return node.type === "string" || (Array.isArray(node.type) && node.type.length === 1 && hasType(node, "string"));
  }
}
