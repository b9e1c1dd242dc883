/** A JSON Schema object whose keywords are yet to be looked at. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** A schema no answer can be made for; the API refuses such a request. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

const MAX_REFERENCES = 64;

/**
 * Follows a schema's `$ref`s within its document, and lays what stands beside them, and `allOf`, over it.
 *
 * @throws {SchemaError} for a reference that leads nowhere, out of the document, or in a circle.
 */
export function resolveSchema(root: unknown, schema: unknown): SchemaNode {
  let node = asNode(schema);
  for (let followed = 0; node.$ref !== undefined; followed++) {
    if (followed === MAX_REFERENCES) throw new SchemaError(`reference '${node.$ref}' leads in a circle`);
    const { $ref, ...beside } = node;
    node = merge(asNode(follow(root, $ref)), beside);
  }
  if (!Array.isArray(node.allOf)) return node;
  const { allOf, ...beside } = node;
  return allOf.reduce<SchemaNode>((merged, part) => merge(merged, resolveShallow(root, part)), beside);
}

/** Lays one schema over another; properties and required names add up. */
export function merge(under: SchemaNode, over: SchemaNode): SchemaNode {
  const merged: Record<string, unknown> = { ...under, ...over };
  if (under.properties !== undefined && over.properties !== undefined) {
    merged.properties = Object.fromEntries([...entriesOf(under.properties), ...entriesOf(over.properties)]);
  }
  if (under.required !== undefined && over.required !== undefined) {
    merged.required = [...new Set([...listOf(under.required), ...listOf(over.required)])];
  }
  return merged;
}

/** An object's entries; none for anything else. */
export function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** A list's items; none for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asNode(schema: unknown): SchemaNode {
  if (schema === true) return {};
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw new SchemaError(schema === false ? "nothing is allowed" : "a schema has to be an object");
  }
  return Object.fromEntries(Object.entries(schema));
}

/** Parts of an `allOf` are followed without their own `allOf`s: deeper nesting is for nobody. */
function resolveShallow(root: unknown, part: unknown): SchemaNode {
  const { allOf: _nested, ...node } = asNode(part);
  return node.$ref === undefined ? node : resolveSchema(root, node);
}

function follow(root: unknown, reference: unknown): unknown {
  if (typeof reference !== "string" || !reference.startsWith("#")) {
    throw new SchemaError(`reference '${String(reference)}' is not to a place in the schema`);
  }
  let found = root;
  for (const token of reference.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) {
      throw new SchemaError(`reference '${reference}' can't be resolved`);
    }
    found = Reflect.get(found, key);
  }
  return found;
}
