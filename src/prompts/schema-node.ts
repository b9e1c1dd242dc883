import type { JsonSchema } from "./schema.ts";

/** Longer chains of references and alternatives are circles. */
const MAX_STEPS = 100;

/** What a local `$ref` points at, one step; the value itself when it is none, undefined when it leads nowhere. */
export function followReference(root: JsonSchema, value: unknown): unknown {
  if (!isNode(value) || typeof value.$ref !== "string") return value;
  const [start, ...steps] = value.$ref.split("/");
  if (start !== "#") return undefined;
  let target: unknown = root;
  for (const step of steps) {
    const name = decodeStep(step);
    target = isNode(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return target;
}

/** The schema behind all references. */
export function resolveNode(root: JsonSchema, value: unknown): JsonSchema | undefined {
  let node = value;
  for (let step = 0; step < MAX_STEPS && isNode(node) && typeof node.$ref === "string"; step++) {
    node = followReference(root, node);
  }
  return isNode(node) ? node : undefined;
}

/** Whether a schema lets `null` be an answer. Looks at what strict mode knows. */
export function admitsNull(root: JsonSchema, value: unknown, steps = 0): boolean {
  const node = resolveNode(root, value);
  if (node === undefined || steps > MAX_STEPS) return false;
  if ("const" in node) return node.const === null;
  if (Array.isArray(node.enum)) return node.enum.includes(null) && (!("type" in node) || hasType(node, "null"));
  if (Array.isArray(node.anyOf)) return node.anyOf.some((branch) => admitsNull(root, branch, steps + 1));
  return hasType(node, "null");
}

export function hasType(node: JsonSchema, type: string): boolean {
  return node.type === type || (Array.isArray(node.type) && node.type.includes(type));
}

/** The names of the properties that an object has to have. */
export function requiredNames(node: JsonSchema): ReadonlySet<unknown> {
  return new Set(Array.isArray(node.required) ? node.required : []);
}

/** The schemas of an object's properties, in their order. */
export function propertiesOf(node: JsonSchema): readonly (readonly [name: string, schema: unknown])[] {
  return isNode(node.properties) ? Object.entries(node.properties) : [];
}

/** Whether a value can be a schema with keywords. */
export function isNode(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
