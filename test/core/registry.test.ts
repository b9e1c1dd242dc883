import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { load, nearest, unknownName } from "../../src/core/registry.ts";

const registry = { jsonl: async () => 1, csv: async () => 2 };

describe("load", () => {
  test("loads by name, and nothing else", async () => {
    let isLoaded = false;
    const other = async () => {
      isLoaded = true;
      return 3;
    };
    expect(await load("format", { ...registry, other }, "csv")).toBe(2);
    expect(isLoaded).toBe(false);
  });

  test.each(["constructor", "__proto__", "toString", ""])(
    "a name that no one registered is unknown: %j",
    async (name) => {
      await expect(load("format", registry, name)).rejects.toThrow(ConfigurationError);
    },
  );

  test("says what is near and what is known", () => {
    const error = unknownName("format", "jsnol", Object.keys(registry));
    expect(error.message).toBe('unknown format "jsnol"');
    expect(error.hint).toBe('Did you mean "jsonl"? Known: jsonl, csv.');
    expect(unknownName("format", "parquet", Object.keys(registry)).hint).toBe("Known: jsonl, csv.");
  });
});

describe("nearest", () => {
  test.each([
    ["modle", "model"],
    ["MODEL", "model"],
    ["modal", "model"],
    ["chunkrows", "chunk-rows"],
    ["xyz", undefined],
    ["", undefined],
  ])("%s: %s", (name, expected) => {
    expect(nearest(name, ["model", "chunk-rows", "chunk-bytes"])).toBe(expected);
  });

  test("takes the nearest of several, and the first of equals", () => {
    expect(nearest("abcx", ["abcyz", "abcd", "abce"])).toBe("abcd");
    expect(nearest("a", [])).toBeUndefined();
  });
});
