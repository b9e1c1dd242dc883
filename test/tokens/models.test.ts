import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { findModel, mergeModels, parseModels } from "../../src/tokens/models.ts";
import { errorOf } from "../prompts/error-of.ts";

const file = "config/models.yaml";
const shipped = parseModels(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file);

describe("the shipped table", () => {
  test.each([
    ["gpt-5", "o200k_base", 400_000],
    ["gpt-4.1", "o200k_base", 1_047_576],
    ["gpt-4o-mini", "o200k_base", 128_000],
    ["gpt-4", "cl100k_base", 8192],
    ["text-embedding-3-small", "cl100k_base", 8192],
    ["gpt-oss-20b", "o200k_harmony", 131_072],
  ])("knows %s", (name, encoding, contextWindow) => {
    expect(findModel(shipped, name)).toMatchObject({ encoding, contextWindow });
  });

  test("gives every model a window, a source and a date", () => {
    for (const model of shipped.values()) {
      expect(model).toMatchObject({
        contextWindow: expect.any(Number),
        source: expect.any(String),
        asOf: expect.any(String),
      });
    }
  });
});

describe("a name", () => {
  const models = parseModels(
    "updated: 2026-01-01\nmodels:\n  m-1: {encoding: o200k_base, context_window: 9}",
    "m.yaml",
  );

  test.each(["m-1", "m-1-2025-04-14", "m-1-0613", "ft:m-1-2025-04-14:org::id", "ft:m-1:org:name:id", "openai/m-1"])(
    "%s is found",
    (name) => {
      expect(findModel(models, name).contextWindow).toBe(9);
    },
  );

  test.each(["m-2", "m-1-mini", "", "ft:", "x/m-1"])("%j is not found", (name) => {
    expect(() => findModel(models, name)).toThrow(ConfigurationError);
  });

  test("has its own entry before its model's", () => {
    expect(findModel(shipped, "gpt-4o-2024-05-13").maxOutputTokens).toBe(4096);
    expect(findModel(shipped, "gpt-4o-2024-08-06").maxOutputTokens).toBe(16_384);
  });

  test("that is unknown gets the nearest, and the ways out", () => {
    const error = errorOf(() => findModel(shipped, "gpt-41-mini"));
    expect(error.message).toContain('"gpt-41-mini"');
    expect(error.hint).toMatch(/Did you mean "gpt-4.1-mini".*models:.*--encoding/s);
  });
});

describe("a wrong file", () => {
  const head = "updated: 2026-01-01\nmodels:\n";
  test.each([
    [`${head}  a:\n    encodng: o200k_base`, "m.yaml:4:5", "encodng", 'Did you mean "encoding"'],
    [`${head}  a:\n    encoding: o200k_bas`, "m.yaml:4:15", 'Did you mean "o200k_base"', undefined],
    [`${head}  a: {encoding: o200k_base, context_window: -4}`, "m.yaml:3:45", "context_window", undefined],
    [`${head}  a: {context_window: 4}`, "m.yaml:3:6", "encoding", undefined],
    ["updated: soon\nmodels: {}", "m.yaml:1:10", "date", undefined],
    [`${head}  a: [`, "m.yaml:3:", "", undefined],
    ["", "m.yaml:1:1", "", undefined],
  ])("%j is refused at %s", (text, place, message, hint) => {
    const error = errorOf(() => parseModels(text, "m.yaml"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(place);
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });
});

describe("the user's models", () => {
  test("are added", () => {
    const merged = mergeModels(shipped, { mine: { encoding: "cl100k_base" } });
    expect(findModel(merged, "mine")).toStrictEqual({ encoding: "cl100k_base" });
    expect(merged.size).toBe(shipped.size + 1);
  });

  test("change only what they say", () => {
    const before = findModel(shipped, "gpt-5");
    expect(findModel(mergeModels(shipped, { "gpt-5": { context_window: 5 } }), "gpt-5")).toStrictEqual({
      ...before,
      contextWindow: 5,
    });
    expect(findModel(shipped, "gpt-5")).toStrictEqual(before);
  });

  test.each([[{ mine: {} }], [{ mine: { encoding: "x" } }], [{ mine: 5 }], [{ mine: { encodin: "o200k_base" } }]])(
    "%j is refused by name",
    (user) => {
      expect(errorOf(() => mergeModels(shipped, user)).message).toContain("models.mine");
    },
  );
});
