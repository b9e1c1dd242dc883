import fc from "fast-check";
import type { JsonSchema } from "../../src/prompts/schema.ts";
import { admitsNull, propertiesOf, requiredNames, resolveNode } from "../../src/prompts/schema-node.ts";

/** A schema within strict mode's dialect, and the values that it allows. */
interface Kind {
  readonly schema: JsonSchema;
  readonly values: fc.Arbitrary<unknown>;
}

/** Texts that could be taken for something else. */
const hostile = fc.constantFrom(
  "",
  " ",
  "null",
  "true",
  "0",
  "-1.5",
  '""',
  "{}",
  "[1]",
  "a,b",
  'say "x"',
  "\n",
  "\r",
  "\uFEFFa",
);
const texts = fc.oneof(hostile, fc.string({ unit: "grapheme" }));
const numbers = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((number) => (Object.is(number, -0) ? 0 : number));
const names = fc.oneof(
  fc.constantFrom("a", "b", "c", "a.b", "b.c", "x y", "é", "10", "toString"),
  fc.string({ minLength: 1, maxLength: 3 }),
);

const scalars: fc.Arbitrary<Kind> = fc.constantFrom(
  { schema: { type: "string" }, values: texts },
  { schema: { type: "integer" }, values: fc.integer() },
  { schema: { type: "number" }, values: numbers },
  { schema: { type: "boolean" }, values: fc.boolean() },
  { schema: { type: "null" }, values: fc.constant(null) },
  { schema: { type: ["string", "null"] }, values: fc.option(texts) },
  { schema: { type: ["integer", "string", "boolean"] }, values: fc.oneof(fc.integer(), texts, fc.boolean()) },
  { schema: { enum: ["", "yes", "null"] }, values: fc.constantFrom("", "yes", "null") },
  { schema: { enum: [1, "1", null] }, values: fc.constantFrom(1, "1", null) },
  { schema: { const: "" }, values: fc.constant("") },
  { schema: { $ref: "#/$defs/text" }, values: texts },
  { schema: { $ref: "#/$defs/maybe" }, values: fc.option(texts) },
);
const DEFINITIONS = { text: { type: "string" }, maybe: { type: ["string", "null"] } };

function objectOf(kinds: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> {
  const properties = fc.uniqueArray(fc.record({ name: names, kind: kinds, isRequired: fc.boolean() }), {
    selector: ({ name }) => name,
    maxLength: 4,
  });
  return properties
    .filter((list) => list.every(({ name }) => name !== "__proto__"))
    .map((list) => ({
      schema: {
        type: "object",
        properties: Object.fromEntries(list.map(({ name, kind }) => [name, kind.schema])),
        required: list.flatMap(({ name, isRequired }) => (isRequired ? [name] : [])),
        additionalProperties: false,
      },
      values: fc.record(
        Object.fromEntries(
          list.map(({ name, kind, isRequired }) => {
            const isNullable = isRequired || admitsNull({ $defs: DEFINITIONS }, kind.schema);
            return [name, isNullable ? kind.values : fc.option(kind.values)];
          }),
        ),
      ),
    }));
}

const { inner } = fc.letrec<{ inner: Kind }>((tie) => ({
  inner: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    tie("inner").map(({ schema, values }) => ({
      schema: { type: "array", items: schema },
      values: fc.array(values, { maxLength: 3 }),
    })),
    objectOf(tie("inner")),
    objectOf(tie("inner")).map(({ schema, values }) => ({
      schema: { ...schema, type: ["object", "null"] },
      values: fc.option(values),
    })),
    fc.tuple(scalars, objectOf(tie("inner"))).map(([one, other]) => ({
      schema: { anyOf: [one.schema, other.schema] },
      values: fc.oneof(one.values, other.values),
    })),
  ),
}));

/** A schema, and an answer as a provider in strict mode writes it: every property there, null for those that are not. */
export const schemaAndAnswer = objectOf(inner).chain(({ schema, values }) =>
  values.map((answer) => ({ schema: { ...schema, $defs: DEFINITIONS } as JsonSchema, answer })),
);

/** Reads an answer back from the cells of a table. */
export function answerOf(schema: JsonSchema, cells: ReadonlyMap<string, string>, mixed: ReadonlySet<string>): unknown {
  const read = (name: string, node: unknown): unknown => {
    const cell = cells.get(name);
    if (cell !== undefined)
      return readCell(cell, { isText: isText(schema, node) && !mixed.has(name), isNullable: admitsNull(schema, node) });
    const object = resolveNode(schema, node) ?? {};
    const required = requiredNames(object);
    const all = propertiesOf(object).map(([key, inner]) => [key, inner, read(`${name}.${key}`, inner)] as const);
    const isEmpty = all.every(([, , value]) => value === undefined || value === null);
    const entries = all.map(
      ([key, inner, value]) => [key, value ?? (required.has(key) ? emptyOf(schema, inner) : value)] as const,
    );
    return isEmpty ? undefined : Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
  return read("grade", schema) ?? emptyOf(schema, schema);
}

/** What a required value is when all its cells are empty. */
function emptyOf(root: JsonSchema, schema: unknown): unknown {
  if (admitsNull(root, schema)) return null;
  const node = resolveNode(root, schema) ?? {};
  const required = requiredNames(node);
  const entries = propertiesOf(node).filter(([key, inner]) => required.has(key) || admitsNull(root, inner));
  return Object.fromEntries(entries.map(([key, inner]) => [key, emptyOf(root, inner)]));
}

function readCell(cell: string, { isText, isNullable }: { isText: boolean; isNullable: boolean }): unknown {
  if (isText) return cell;
  if (cell === "") return isNullable ? null : undefined;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function isText(root: JsonSchema, schema: unknown): boolean {
  const node = resolveNode(root, schema) ?? {};
  const allowed = "const" in node ? [node.const] : node.enum;
  return Array.isArray(allowed) ? allowed.every((value) => typeof value === "string") : node.type === "string";
}
