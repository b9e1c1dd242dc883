import { expect, expectTypeOf, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import type { SecretReference } from "../../src/config/option-definition.ts";
import {
  definitionOf,
  environmentName,
  environmentNames,
  optionNames,
  optionsOf,
  propertyName,
  type RunOptions,
} from "../../src/config/options.ts";
import { parseData } from "../../src/config/values.ts";
import type { GradeSettings } from "../../src/pipelines/settings.ts";
import { loadPrompt, promptNames } from "../../src/prompts/load.ts";
import { mergeModels } from "../../src/tokens/models.ts";

test.each(optionNames)("%s is well defined", (name) => {
  const definition = definitionOf(name);
  expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(definition.summary).not.toMatch(/\.$|\n/);
  expect(definition.commands.filter((command) => !Object.hasOwn(commands, command))).toEqual([]);
  expect(definition.flagOnly && definition.fileOnly).toBeFalsy();
  if (definition.type === "enum") expect(definition.choices?.length).toBeGreaterThan(0);
});

test.each(optionNames)("%s has a legal default or example", (name) => {
  const definition = definitionOf(name);
  const samples = [definition.default, definition.example].filter((sample) => sample !== undefined);
  expect(samples.length).toBeGreaterThan(0);
  for (const sample of samples) expect(parseData(definition, sample)).toHaveProperty("value");
});

test("the examples are of use where they are read", () => {
  const { models, prompts } = Object.fromEntries(optionNames.map((name) => [name, definitionOf(name).example]));
  expect(mergeModels(new Map(), Object(models)).size).toBe(1);
  const text = JSON.stringify({ prompts });
  expect(promptNames(text, "example").map((name) => loadPrompt(text, "example", name).name)).toEqual(["strict"]);
});

test("no two options share a letter, a property or an environment variable", () => {
  const letters = optionNames.flatMap((name) => definitionOf(name).alias ?? []);
  const all = [...letters, ...optionNames.map(propertyName), ...optionNames.flatMap(environmentNames)];
  expect(new Set(all).size).toBe(all.length);
});

test("names follow from the option's name", () => {
  expect(environmentName("max-output-tokens")).toBe("BG_PIPE_MAX_OUTPUT_TOKENS");
  expect(propertyName("max-output-tokens")).toBe("maxOutputTokens");
  expect(environmentNames("base-url")).toEqual(["BG_PIPE_BASE_URL", "OPENAI_BASE_URL"]);
  expect(environmentNames("api-key")).toEqual([]);
});

test("a command takes its own options only, and config all of them", () => {
  expect(optionsOf("grade")).toContain("model");
  expect(optionsOf("grade")).not.toContain("port");
  expect(optionsOf("emulate")).not.toContain("model");
  expect(optionsOf("config")).toEqual(optionNames);
});

test("the types of the values follow from the table", () => {
  expectTypeOf<RunOptions["maxBatches"]>().toEqualTypeOf<number>();
  expectTypeOf<RunOptions["order"]>().toEqualTypeOf<"input" | "completion">();
  expectTypeOf<RunOptions["meta"]>().toEqualTypeOf<boolean>();
  expectTypeOf<RunOptions["param"]>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
  expectTypeOf<RunOptions["model"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<RunOptions & { inputs: readonly string[] }>().toExtend<GradeSettings>();
  expectTypeOf<RunOptions["apiKey"]>().toEqualTypeOf<SecretReference | undefined>();
});
