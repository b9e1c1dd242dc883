import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definitionOf } from "../../src/config/options.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { findPrice, mergePrices, parsePrices, unknownPrice } from "../../src/pricing/price-table.ts";
import { errorOf } from "../prompts/error-of.ts";

const table = parsePrices(
  `updated: 2026-01-01
models:
  m-1:
    live: { input: 2, cached_input: 0.5, output: 8 }
    batch: { input: 1, cached_input: 1, output: 4 }
    tiers:
      - above_input_tokens: 200000
        live: { input: 4, output: 16 }
    source: https://example.com
    as_of: 2025-12-31
  m-1-2024-05-13:
    live: { input: 5 }
`,
  "p.yaml",
);

describe("an entry", () => {
  test("says what it says", () => {
    expect(table.updated).toBe("2026-01-01");
    expect(table.models.get("m-1")).toStrictEqual({
      live: { input: 2_000_000n, cachedInput: 500_000n, output: 8_000_000n },
      batch: { input: 1_000_000n, cachedInput: 1_000_000n, output: 4_000_000n },
      tiers: [{ aboveInputTokens: 200_000, live: { input: 4_000_000n, cachedInput: 4_000_000n, output: 16_000_000n } }],
      source: "https://example.com",
      asOf: "2025-12-31",
      origin: "package",
    });
  });

  test("without a price for cached input charges it as input", () => {
    expect(table.models.get("m-1-2024-05-13")?.live).toStrictEqual({ input: 5_000_000n, cachedInput: 5_000_000n });
  });

  test("is read as exact decimals, whatever a double would make of them", () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999_999), (whole, millionths) => {
        const price = `${whole}.${String(millionths).padStart(6, "0")}`;
        const { models } = parsePrices(`updated: 2026-01-01\nmodels: {m: {live: {input: ${price}}}}`, "p.yaml");
        expect(models.get("m")?.live?.input).toBe(BigInt(whole) * 1_000_000n + BigInt(millionths));
      }),
    );
  });
});

describe("a name", () => {
  test.each([
    ["m-1", "m-1"],
    ["m-1-2025-04-14", "m-1"],
    ["m-1-2024-05-13", "m-1-2024-05-13"],
  ])("%s has the price of %s", (name, entry) => {
    expect(findPrice(table, name)).toStrictEqual({ entry, price: table.models.get(entry) });
  });

  test.each(["m-2", "m-1-mini", "m-1-0613", "ft:m-1:org::id", "ft:m-1-2025-04-14:org::id", "x/m-1", "", "toString"])(
    "%j has none",
    (name) => {
      expect(findPrice(table, name)).toBeUndefined();
    },
  );

  test("of a fine-tuned model has the price that its own entry says", () => {
    const merged = mergePrices(table, { "ft:m-1:org::id": { live: { input: 3 } } }, "mine.yaml:1:1");
    expect(findPrice(merged, "ft:m-1:org::id")?.price.live?.input).toBe(3_000_000n);
    expect(findPrice(merged, "ft:m-1:org::other")).toBeUndefined();
  });

  test("without a price gets the nearest, and the way out", () => {
    const error = unknownPrice(table, "m_1");
    expect(error.message).toContain('"m_1"');
    expect(error.hint).toMatch(/Did you mean "m-1".*prices:/s);
    expect(error.exitStatus).toBe(78);
  });
});

describe("a wrong file", () => {
  const head = "updated: 2026-01-01\nmodels:\n  a:\n    ";
  const rates = (text: string) => `${head}live: { ${text} }`;
  test.each([
    [rates("inputs: 1"), "p.yaml:4:13", "models.a.live.inputs", 'Did you mean "input"'],
    [`${head}live: {input: 1}\n    batches: {input: 1}`, "p.yaml:5:5", "batches", 'Did you mean "batch"'],
    [rates("output: 1"), "p.yaml:4:11", "input has to be USD per million tokens", undefined],
    [rates("input: free"), "p.yaml:4:20", "models.a.live.input has to be USD per million tokens", undefined],
    [rates("input:"), "p.yaml:4:", "has to be USD per million tokens", undefined],
    [rates("input: [1]"), "p.yaml:4:20", "has to be USD per million tokens", undefined],
    [rates("input: 0.0000001"), "p.yaml:4:20", "more than 6 decimals", undefined],
    [rates("input: -1"), "p.yaml:4:20", "negative", undefined],
    [rates("input: 1, cached_input: 1.5"), "p.yaml:4:37", "cached_input is more than input", undefined],
    [`${head}source: x`, "p.yaml:4:5", "models.a needs live or batch prices", undefined],
    [`${head}live: {input: 1}\n    as_of: 2026-02-30`, "p.yaml:5:12", "as_of has to be a date", undefined],
    [`${head}live: {input: 1}\n    tiers: 5`, "p.yaml:5:12", "tiers has to be a list", undefined],
    [
      `${head}live: {input: 1}\n    tiers:\n      - {above_input_tokens: 1k, live: {input: 1}}`,
      "p.yaml:6:30",
      "tiers.0.above_input_tokens has to be a whole number of tokens",
      undefined,
    ],
    [
      `${head}live: {input: 1}\n    tiers: [{above_input_tokens: 5}, {above_input_tokens: 5}]`,
      "p.yaml:5:12",
      "tiers have to stand in rising order",
      undefined,
    ],
    ["updated: soon\nmodels: {}", "p.yaml:1:10", "updated has to be a date", undefined],
    ["updated: 2026-01-01\nmodels: 5", "p.yaml:2:9", "models has to be a map", undefined],
    ["updated: 2026-01-01\nmodels: {}\nmodles: {}", "p.yaml:3:1", "modles", 'Did you mean "models"'],
    [`${head}live: {`, "p.yaml:4:", "", undefined],
    [`${head}live: &r {input: 1}\n    batch: *r`, "p.yaml", "Alias", undefined],
    ["", "p.yaml:1:1", "", undefined],
  ])("%j is refused at %s", (text, place, message, hint) => {
    const error = errorOf(() => parsePrices(text, "p.yaml"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(place);
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });
});

describe("the user's prices", () => {
  const merge = (user: Readonly<Record<string, unknown>>) => mergePrices(table, user, "mine.yaml:3:1");

  test("are added, with where they stand", () => {
    const merged = merge({ mine: { batch: { input: 0.15, output: "0.6" } } });
    expect(findPrice(merged, "mine")?.price).toStrictEqual({
      batch: { input: 150_000n, cachedInput: 150_000n, output: 600_000n },
      tiers: [],
      origin: "mine.yaml:3:1",
    });
    expect(merged.models.size).toBe(table.models.size + 1);
    expect(merged.updated).toBe(table.updated);
  });

  test("change only what they say, and are no longer from where the others were read", () => {
    const before = table.models.get("m-1");
    const after = merge({ "m-1": { batch: { output: 3.5 } } }).models.get("m-1");
    expect(after).toStrictEqual({
      live: before?.live,
      batch: { ...before?.batch, output: 3_500_000n },
      tiers: before?.tiers,
      origin: "mine.yaml:3:1",
    });
    expect(table.models.get("m-1")).toBe(before);
  });

  test("replace the tiers as a whole", () => {
    expect(merge({ "m-1": { tiers: [] } }).models.get("m-1")?.tiers).toEqual([]);
    const tiers = [{ above_input_tokens: 5, batch: { input: 9 } }];
    expect(merge({ "m-1": { tiers } }).models.get("m-1")?.tiers).toStrictEqual([
      { aboveInputTokens: 5, batch: { input: 9_000_000n, cachedInput: 9_000_000n } },
    ]);
  });

  test("of none change nothing", () => {
    expect(merge({})).toStrictEqual({ ...table, models: new Map(table.models) });
  });

  test.each([
    [{ mine: {} }, "needs live or batch prices"],
    [{ mine: 5 }, "prices.mine"],
    [{ mine: { live: { input: 1 }, tiers: [{ above_input_tokens: 0.5 }] } }, "has to be a whole number of tokens"],
    [{ mine: { live: { input: 1 }, tiers: [{ above_input_tokens: -5 }] } }, "has to be a whole number of tokens"],
    [{ mine: { live: { inptu: 1, input: 1 } } }, 'unknown key "live.inptu"'],
    [{ mine: { live: { input: 0.0000001 } } }, "live.input is 1e-7: more than 6 decimals"],
    [{ "m-1": { live: { input: 0.1 } } }, "live.cached_input is more than input"],
    [{ "m-1": null }, "prices.m-1"],
  ])("%j are refused by place and name", (user, message) => {
    const error = errorOf(() => merge(user));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^mine\.yaml:3:1: prices\.(mine|m-1): /);
    expect(error.message).toContain(message);
  });

  test("as the reference shows them are right", () => {
    expect(merge(Object(definitionOf("prices").example)).models.size).toBe(table.models.size + 1);
  });
});
