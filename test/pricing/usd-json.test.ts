import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonWithUsd, perMillionInJson, stringifyWithUsd, usdInJson } from "../../src/pricing/usd-json.ts";

test("an amount is a JSON number with all its digits", () => {
  const event = {
    model: "m",
    cost_usd: usdInJson(180_000_000_000_000_000_001n),
    estimated_cost_usd: usdInJson(undefined),
  };
  const text = JSON.stringify(event);
  expect(text).toBe('{"model":"m","cost_usd":180000000.000000000001,"estimated_cost_usd":null}');
  expect(parseJsonWithUsd(text)).toEqual({
    model: "m",
    cost_usd: 180_000_000_000_000_000_001n,
    estimated_cost_usd: null,
  });
});

test("a bigint anywhere is written as an amount", () => {
  const value = { rows: 3, cost_usd: 18_750_000n, by_model: [{ cost_usd: 1n }, { cost_usd: null }] };
  const text = '{"rows":3,"cost_usd":0.00001875,"by_model":[{"cost_usd":0.000000000001},{"cost_usd":null}]}';
  expect(stringifyWithUsd(value)).toBe(text);
  expect(parseJsonWithUsd(stringifyWithUsd(value, 2))).toEqual(value);
});

test("a price is one, too", () => {
  expect(JSON.stringify([perMillionInJson(18_750n), perMillionInJson(0n), perMillionInJson(undefined)])).toBe(
    "[0.01875,0,null]",
  );
});

test("any amount comes back as it was, at any depth, and programs that know only doubles read it as near as they can", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (amount) => {
      const text = JSON.stringify({ days: [{ cost_usd: usdInJson(amount) }] });
      expect(parseJsonWithUsd(text)).toEqual({ days: [{ cost_usd: amount }] });
      expect(Math.abs(JSON.parse(text).days[0].cost_usd - Number(amount) / 1e12)).toBeLessThan(1e-3);
    }),
  );
});

test("other numbers and other types stay as they are", () => {
  expect(parseJsonWithUsd('{"a":1.5,"cost_usd":"1","b_usd":{"c":2},"d_usd":1e-13,"usd":3}')).toEqual({
    a: 1.5,
    cost_usd: "1",
    b_usd: { c: 2 },
    d_usd: 1e-13,
    usd: 3,
  });
});

test("what another program wrote with an exponent is read exactly", () => {
  expect(parseJsonWithUsd('{"cost_usd":1.875e-05}')).toEqual({ cost_usd: 18_750_000n });
});

test("what is no JSON is refused", () => {
  expect(() => parseJsonWithUsd('{"cost_usd":')).toThrow(SyntaxError);
});
