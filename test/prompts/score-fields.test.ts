import { expect, test } from "vitest";
import { scoreFields } from "../../src/prompts/score-fields.ts";

test("numbers, booleans and enums, at any depth, under the names of their columns", () => {
  const schema = {
    type: "object",
    properties: {
      reasoning: { type: "string" },
      score: { type: "integer", minimum: 1, maximum: 5 },
      share: { type: ["number", "null"] },
      label: { enum: ["good", "bad", null] },
      grade: { enum: [1, 2.5] },
      is_safe: { type: "boolean" },
      detail: { $ref: "#/$defs/detail" },
      perhaps: { anyOf: [{ type: "null" }, { $ref: "#/$defs/detail" }] },
      either: { anyOf: [{ type: "string" }, { type: "integer" }] },
      list: { type: "array", items: { type: "integer" } },
    },
    $defs: {
      detail: { type: "object", properties: { clarity: { type: "number" }, more: { $ref: "#/$defs/detail" } } },
    },
  };
  expect(scoreFields(schema, "grade")).toEqual([
    { name: "grade.score", path: ["score"], kind: "integer", minimum: 1, maximum: 5 },
    { name: "grade.share", path: ["share"], kind: "number" },
    { name: "grade.label", path: ["label"], kind: "category", values: ["good", "bad"] },
    { name: "grade.grade", path: ["grade"], kind: "number", values: [1, 2.5] },
    { name: "grade.is_safe", path: ["is_safe"], kind: "category", values: [true, false] },
    { name: "grade.detail.clarity", path: ["detail", "clarity"], kind: "number" },
    { name: "grade.perhaps.clarity", path: ["perhaps", "clarity"], kind: "number" },
  ]);
});

test("without a schema there is nothing to count, and of very many fields the first are", () => {
  expect(scoreFields(undefined, "grade")).toEqual([]);
  const properties = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, { type: "number" }]));
  expect(scoreFields({ type: "object", properties }, "grade")).toHaveLength(64);
});
