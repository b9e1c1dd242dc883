import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { createAnswerChecker } from "../../src/prompts/answer-checker.ts";
import { answerColumns } from "../../src/prompts/answer-columns.ts";
import { type JsonSchema, loadSchema } from "../../src/prompts/schema.ts";
import { faultInFile } from "../../src/prompts/schema-faults.ts";
import { toStrictSchema } from "../../src/prompts/strict-schema.ts";
import { errorOf } from "./error-of.ts";

const object = (properties: JsonSchema, rest: object = {}) => ({ type: "object", properties, ...rest });
const score = { type: "integer", minimum: 1, maximum: 5 };
const maybe = { ...score, type: ["integer", "null"] };
const nothing = { type: "null" };

describe("a schema file", () => {
  test("is JSON or YAML, its properties in order", () => {
    const expected = object({ z: { type: "string" }, a: score });
    expect(loadSchema(JSON.stringify(expected), "s.json")).toStrictEqual(expected);
    const yaml = "type: object\nproperties:\n  z: {type: string}\n  a: {type: integer, minimum: 1, maximum: 5}";
    expect(JSON.stringify(loadSchema(yaml, "s.yaml"))).toBe(JSON.stringify(expected));
  });

  test("of the older dialect is read", () => {
    const text = JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...object({ a: score }) });
    expect(loadSchema(text, "s.json")).toMatchObject({ type: "object" });
  });

  test.each([
    ["{", "s.json:1:"],
    ["[]", "object"],
    ["5", "object"],
    ["", "object"],
    ['{"type": "string"}', "type: object"],
    ['{"type": "object", "properties": {"a": {"type": "strin"}}}', "/properties/a/type"],
    ['{"type": "object", "requierd": ["a"]}', "requierd"],
    ['{"type": "object", "properties": {"a": {"$ref": "#/$defs/nope"}}}', "#/$defs/nope"],
    ['{"type": "object", "properties": {"a": {"$ref": "https://example.org/x"}}}', "example.org"],
    ['{"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}', "("],
  ])("is refused: %s", (text, message) => {
    const error = errorOf(() => loadSchema(text, "s.json"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain("s.json");
    expect(error.message).toContain(message);
  });
});

describe("the strict copy", () => {
  test("closes every object and requires every property, and leaves the original alone", () => {
    const original = object(
      {
        list: { type: "array", items: object({ a: score }, { required: ["a"] }) },
        either: { anyOf: [object({ b: score }, { required: ["b"] }), { type: "null" }] },
        named: { $ref: "#/$defs/named" },
      },
      {
        required: ["list", "either", "named"],
        $defs: { named: object({ c: score }, { required: [] }) },
        $schema: "x",
        title: "T",
      },
    );
    const before = JSON.stringify(original);
    const closed = (properties: JsonSchema, required: string[]) =>
      object(properties, { required, additionalProperties: false });
    expect(toStrictSchema(original)).toStrictEqual({
      ...closed(
        {
          list: { type: "array", items: closed({ a: score }, ["a"]) },
          either: { anyOf: [closed({ b: score }, ["b"]), { type: "null" }] },
          named: { $ref: "#/$defs/named" },
        },
        ["list", "either", "named"],
      ),
      $defs: { named: closed({ c: maybe }, ["c"]) },
      title: "T",
    });
    expect(JSON.stringify(original)).toBe(before);
  });

  test("keeps the order of properties, which is the order of the answer", () => {
    const strict = toStrictSchema(object({ reasoning: { type: "string" }, score }));
    expect(strict.required).toStrictEqual(["reasoning", "score"]);
    expect(Object.keys(Object(strict.properties))).toStrictEqual(["reasoning", "score"]);
  });

  test("drops what strict mode does not permit and no answer depends on", () => {
    const schema = object({ a: { ...score, default: 3, examples: [4], description: "d" } }, { required: ["a"] });
    expect(toStrictSchema(schema)).toMatchObject({
      properties: { a: { ...score, description: "d" } },
    });
    expect(JSON.stringify(toStrictSchema(object({ a: { ...score, default: 3 } })))).not.toContain("default");
  });

  test.each([
    [score, maybe],
    [{ type: "string" }, { type: ["string", "null"] }],
    [{ enum: ["a"] }, { anyOf: [{ enum: ["a"] }, nothing] }],
    [{ const: 1 }, { anyOf: [{ const: 1 }, nothing] }],
    [{ anyOf: [score, { type: "string" }] }, { anyOf: [score, { type: "string" }, nothing] }],
    [{ type: "array", items: score }, { anyOf: [{ type: "array", items: score }, nothing] }],
    [{ $ref: "#/$defs/s" }, { anyOf: [{ $ref: "#/$defs/s" }, nothing] }],
    [{ type: ["integer", "null"] }, { type: ["integer", "null"] }],
    [{ $ref: "#/$defs/n" }, { $ref: "#/$defs/n" }],
    [{ enum: ["a", null] }, { enum: ["a", null] }],
    [{ anyOf: [score, nothing] }, { anyOf: [score, nothing] }],
  ])("lets %j be null where it is not required", (property, strict) => {
    const $defs = { s: { type: "string" }, n: nothing };
    const properties = (schema: JsonSchema) => toStrictSchema(schema).properties;
    expect(properties(object({ a: property }, { $defs }))).toStrictEqual({ a: strict });
    expect(properties(object({ a: property }, { $defs, required: ["a"] }))).toStrictEqual({ a: property });
  });

  test("names the place in the file, and the way out", () => {
    const text = "type: object\nproperties:\n  a:\n    type: integer\n    not: { const: 3 }\n";
    const error = errorOf(() => toStrictSchema(loadSchema(text, "s.yaml"), faultInFile(text, "s.yaml")));
    expect(error.message).toBe('s.yaml:5:5: the keyword "not" is not supported in strict mode (at /properties/a/not)');
    expect(error.hint).toContain("--no-strict");
  });

  test.each([
    ["levels of objects", Array.from({ length: 10 }).reduce<JsonSchema>((inner) => object({ a: inner }), object({}))],
    ["properties", object(Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`p${index}`, score])))],
    ["enum values", object({ a: { enum: Array.from({ length: 1001 }, (_, index) => index) } })],
    [
      "characters in one enum",
      object({ a: { enum: Array.from({ length: 251 }, (_, index) => `${index}`.padEnd(60)) } }),
    ],
    ["characters in names", object({ ["x".repeat(120_001)]: score })],
  ])("of a schema with too many %s is refused, and tells how many there may be", (what, schema) => {
    const error = errorOf(() => toStrictSchema(schema));
    expect(error.message).toMatch(new RegExp(`has [\\d,]+ ${what}.*of [\\d,]+ at most`));
  });

  test("treats a property called like a keyword as the property it is", () => {
    const strict = toStrictSchema(object({ not: score, default: score, allOf: score }));
    expect(strict.required).toStrictEqual(["not", "default", "allOf"]);
  });

  test.each([
    [object({}, { patternProperties: {} }), "/patternProperties"],
    [object({ a: { ...score, not: { const: 3 } } }), "/properties/a/not"],
    [object({ a: { allOf: [score] }, b: score }), "/properties/a"],
    [
      object({ "a/b": object({ "c~": { type: "array", items: score, uniqueItems: true } }) }),
      "/properties/a~1b/properties/c~0/uniqueItems",
    ],
    [object({}, { if: {}, else: {} }), "/if"],
    [object({}, { dependentSchemas: {} }), "/dependentSchemas"],
    [object({ a: object({}, { additionalProperties: score }) }), "/properties/a/additionalProperties"],
    [object({ a: { anyOf: [score, { oneOf: [score], type: "null" }] } }), "/properties/a/anyOf/1/oneOf"],
    [object({ a: { $ref: "#", description: "d" } }), "/properties/a/description"],
    [object({ a: {} }), "/properties/a"],
    [object({ a: true }), "/properties/a"],
    [object({ a: { type: "array" } }), "/properties/a"],
    [{ type: "array", items: score }, "its root"],
    [object({}, { anyOf: [object({})] }), "its root"],
  ])("cannot be made of %j", (schema, pointer) => {
    const error = errorOf(() => toStrictSchema(schema));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(`schema at ${pointer}`);
    expect(error.hint).toBeDefined();
  });

  test("of a schema nested without end is refused, not a crash", () => {
    let schema: JsonSchema = object({});
    for (let depth = 0; depth < 20_000; depth++) schema = object({ a: schema });
    expect(() => toStrictSchema(schema)).toThrow(/too deep/);
  });
});

describe("an answer", () => {
  const check = createAnswerChecker(
    object({ reasoning: { type: "string" }, score }, { required: ["score"], additionalProperties: false }),
  );

  test.each([
    ['{"reasoning":"ok","score":3}', '{"reasoning":"ok","score":3}'],
    [' {\n  "score": 3.0,\n  "reasoning": "a\\n b"\n}\n', '{"score":3.0,"reasoning":"a\\n b"}'],
    ['{"score": 1}', '{"score":1}'],
  ])("%j is valid", (text, json) => {
    expect(check(text)).toStrictEqual({ ok: true, json });
  });

  test.each([
    ["", "not JSON"],
    ["Score: 3", "not JSON"],
    ['{"score": 3', "not JSON"],
    ['{"score": 6}', "/score must be <= 5"],
    ['{"score": "3"}', "/score must be integer"],
    ["{}", "score"],
    ['{"score": 3, "extra": 1}', "extra"],
    ["[]", "must be object"],
    ["null", "must be object"],
    ["[".repeat(100_000), ""],
  ])("%j is not", (text, reason) => {
    const result = check(text);
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  test("that is any text is judged, never thrown at", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof check(text).ok === "boolean"));
  });

  test("that satisfies the strict copy satisfies the schema", () => {
    const loose = object({ a: { type: "string" }, b: object({ c: score }) });
    const strict = createAnswerChecker(toStrictSchema(loose));
    const asGiven = createAnswerChecker(loose);
    const answers = fc.oneof(
      fc.json(),
      fc.record({ a: fc.string(), b: fc.record({ c: fc.integer({ min: 0, max: 6 }) }) }).map((x) => JSON.stringify(x)),
    );
    fc.assert(fc.property(answers, (text) => !strict(text).ok || asGiven(text).ok));
  });
});

describe("columns", () => {
  test.each([
    [undefined, ["grade"]],
    [object({ reasoning: { type: "string" }, score }), ["grade.reasoning", "grade.score"]],
    [object({ b: object({ y: score, x: score }), a: score }), ["grade.b.y", "grade.b.x", "grade.a"]],
    [object({ list: { type: "array", items: object({ a: score }) } }), ["grade.list"]],
    [object({}), ["grade"]],
    [object({ a: { $ref: "#/$defs/a~1b" } }, { $defs: { "a/b": object({ x: score }) } }), ["grade.a.x"]],
    [object({ child: { $ref: "#" }, a: score }), ["grade.child", "grade.a"]],
    [object({ b: object({ x: score }, { type: ["object", "null"] }) }), ["grade.b"]],
    [object({ b: { anyOf: [object({ x: score }), nothing] } }, { required: ["b"] }), ["grade.b"]],
    [object({ b: object({ x: maybe }) }), ["grade.b"]],
    [object({ b: object({ x: maybe, y: score }, { required: ["y"] }) }), ["grade.b.x", "grade.b.y"]],
    [object({ b: object({ x: maybe }) }, { required: ["b"] }), ["grade.b.x"]],
    [object({ b: object({ c: score }), "b.c": score }), ["grade.b", "grade.b.c"]],
    [object({ b: object({ c: score }), "b.c": object({ d: score }) }), ["grade.b", "grade.b.c"]],
    [object({ a: { $ref: "#/$defs/nope" } }), ["grade.a"]],
    [object({ a: { $ref: "https://example.org/x" } }), ["grade.a"]],
  ])("of %j are %j", (schema, columns) => {
    expect(answerColumns(schema, "grade").names).toStrictEqual(columns);
  });
});

test("columns of a schema that is sent as it is: an object that may have more than it names is one", () => {
  const closed = { additionalProperties: false };
  const names = (schema: JsonSchema) => answerColumns(schema, "grade", false).names;
  expect(names(object({ a: score }))).toStrictEqual(["grade"]);
  expect(names(object({ a: score, b: object({ c: score }) }, closed))).toStrictEqual(["grade.a", "grade.b"]);
  expect(names(object({ b: object({ c: score }, closed) }, closed))).toStrictEqual(["grade.b.c"]);
});
