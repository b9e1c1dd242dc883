import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateAnswer } from "../../src/emulator/answers.ts";
import { SeededRandom } from "../../src/emulator/random.ts";

type Schema = Record<string, unknown>;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const answer = (schema: unknown, seed = "seed") => generateAnswer(schema, new SeededRandom(seed));

function expectValid(schema: Schema, seed: string): void {
  const value = answer(schema, seed);
  const written = JSON.parse(JSON.stringify(value));
  expect(written).toEqual(value);
  if (!ajv.validate(schema, written)) {
    throw new Error(`${JSON.stringify(written)} does not follow ${JSON.stringify(schema)}: ${ajv.errorsText()}`);
  }
}

const bounds = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 2, max: 50 }));
const scalar: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>(
    { type: "string" },
    { type: "boolean" },
    { type: "null" },
    { type: "integer" },
    { type: "number" },
    {},
  ),
  fc.jsonValue({ maxDepth: 1, noUnicodeString: true }).map((value) => ({ const: JSON.parse(JSON.stringify(value)) })),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
  bounds.map(([low, span]) => ({ type: "integer", minimum: low, maximum: low + span })),
  bounds.map(([low, span]) => ({ type: "integer", exclusiveMinimum: low, exclusiveMaximum: low + span })),
  bounds.map(([low]) => ({ type: "integer", minimum: low })),
  bounds.map(([low]) => ({ type: "integer", maximum: low })),
  bounds.map(([low, span]) => ({ type: "integer", multipleOf: 3, minimum: low, maximum: low + span + 3 })),
  bounds.map(([low, span]) => ({ type: "number", minimum: low / 100, maximum: (low + span) / 100 })),
  bounds.map(([low, span]) => ({ type: "number", exclusiveMinimum: low / 1e4, exclusiveMaximum: (low + span) / 1e4 })),
  fc
    .tuple(fc.nat(40), fc.nat(60))
    .map(([least, more]) => ({ type: "string", minLength: least, maxLength: least + more })),
  fc.constant({ type: ["string", "null"] }),
);

const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.tuple(fc.dictionary(fc.string(), tie("schema"), { maxKeys: 4 }), fc.boolean()).map(([properties, isStrict]) => ({
      type: "object",
      properties,
      required: isStrict ? Object.keys(properties) : [],
      additionalProperties: false,
    })),
    fc
      .tuple(tie("schema"), fc.nat(3), fc.nat(3))
      .map(([items, least, more]) => ({ type: "array", items, minItems: least, maxItems: least + more })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie("schema").map((one) => ({
      oneOf: [{ type: "object", properties: { only: one }, required: ["only"] }, { type: "null" }],
    })),
  ),
}));

describe("generateAnswer", () => {
  test("follows any schema of the supported kinds", () => {
    fc.assert(fc.property(schema, fc.string(), expectValid), { numRuns: 500 });
  });

  test("gives the same for the same seed, and not for all others", () => {
    const wanted = { type: "integer", minimum: 1, maximum: 1_000_000 };
    expect(answer(wanted, "a")).toBe(answer(wanted, "a"));
    expect(new Set(["a", "b", "c", "d"].map((seed) => answer(wanted, seed))).size).toBeGreaterThan(1);
  });

  test("follows references, recursive ones to an end", () => {
    const tree = {
      $defs: {
        node: {
          type: "object",
          properties: {
            label: { $ref: "#/$defs/label" },
            children: { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 },
            next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
          },
          required: ["label", "children", "next"],
          additionalProperties: false,
        },
        label: { enum: ["a", "b"] },
      },
      $ref: "#/$defs/node",
    };
    fc.assert(
      fc.property(fc.string(), (seed) => expectValid(tree, seed)),
      { numRuns: 50 },
    );
  });

  test("lays allOf and what stands beside a reference together", () => {
    const merged = {
      $defs: { base: { type: "object", properties: { a: { type: "string" } }, required: ["a"] } },
      allOf: [{ $ref: "#/$defs/base" }, { properties: { b: { type: "integer" } }, required: ["b"] }],
    };
    expectValid(merged, "x");
    expect(answer(merged)).toEqual({ a: expect.any(String), b: expect.any(Number) });
  });

  test("makes strings of common formats, and unique items", () => {
    expect(answer({ type: "string", format: "date-time" })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/);
    expect(answer({ type: "string", format: "uuid" })).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expectValid({ type: "array", items: { enum: [1, 2, 3, 4] }, uniqueItems: true, minItems: 4 }, "x");
  });

  test("keeps a property called __proto__", () => {
    const odd = JSON.parse('{"type":"object","properties":{"__proto__":{"const":1}},"required":["__proto__"]}');
    expect(JSON.stringify(answer(odd))).toBe('{"__proto__":1}');
  });

  test.for<[string, Schema]>([
    ["reference to nowhere", { $ref: "#/$defs/a" }],
    ["reference outside", { $ref: "https://example.com/schema" }],
    ["circle of references", { $defs: { a: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }],
    [
      "endless recursion",
      {
        $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } }, required: ["a"] } },
        $ref: "#/$defs/a",
      },
    ],
    ["endless list", { type: "array", items: { type: "null" }, minItems: 1e9 }],
    ["endless text", { type: "string", minLength: 1e9 }],
    ["empty range", { type: "integer", minimum: 5, maximum: 4 }],
    ["unknown type", { type: "date" }],
    ["no schema", { type: "array", items: 5 }],
    [
      "branches without end",
      {
        $defs: {
          a: {
            anyOf: [
              { type: "array", items: { $ref: "#/$defs/a" }, minItems: 1 },
              { type: "array", items: { $ref: "#/$defs/a" }, minItems: 2 },
            ],
          },
        },
        $ref: "#/$defs/a",
      },
    ],
  ])("gives up on what has no reasonable answer: %s", ([, unanswerable]) => {
    expect(() => answer(unanswerable)).toThrow(expect.objectContaining({ name: "SchemaError" }));
  });
});
