import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { pipelineSchema } from "../../../scripts/pipeline-schema.ts";

const CONFIG = new URL("../../../config/", import.meta.url);
const schema = await pipelineSchema();
const isPipeline = new Ajv2020({ strict: false }).compile(JSON.parse(schema));

test("config/pipeline.schema.json is what the shapes and the option table say (node scripts/write-reference.ts)", () => {
  expect(readFileSync(new URL("pipeline.schema.json", CONFIG), "utf8")).toBe(schema);
});

test.each(readdirSync(new URL("pipelines/", CONFIG)))("%s follows it, and tells editors so", (name) => {
  const text = readFileSync(new URL(`pipelines/${name}`, CONFIG), "utf8");
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/pipeline\.schema\.json\n/);
  expect([isPipeline(parse(text)), isPipeline.errors]).toEqual([true, null]);
});

test.each([
  { steps: [] },
  { steps: [{ filtr: "a" }] },
  { steps: [{ grade: { modle: "x" } }] },
  { steps: [{ grade: { "api-key": "sk-abc" } }] },
  { steps: [{ filter: "a" }], stepz: [] },
  { steps: [{ grade: { mode: "slow" } }] },
])("%j does not", (value) => {
  expect(isPipeline(value)).toBe(false);
});
