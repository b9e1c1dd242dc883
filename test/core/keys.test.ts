import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBody, customIdOf, keyOf, requestKey } from "../../src/core/keys.ts";
import type { RequestBody } from "../../src/core/records.ts";

const body: fc.Arbitrary<RequestBody> = fc
  .dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
  .map((fields) => ({ ...fields, model: "m" }));

function shuffled(fields: RequestBody, seed: number): RequestBody {
  const entries = Object.entries(fields);
  const turned = [...entries.slice(seed % entries.length), ...entries.slice(0, seed % entries.length)].reverse();
  return { ...Object.fromEntries(turned), model: fields.model };
}

describe("canonicalBody", () => {
  test("is the same whatever the order of the fields, and says the same as the body", () => {
    fc.assert(
      fc.property(body, fc.nat(), (fields, seed) => {
        expect(canonicalBody(shuffled(fields, seed))).toBe(canonicalBody(fields));
        expect(JSON.parse(canonicalBody(fields))).toEqual(JSON.parse(JSON.stringify(fields)));
      }),
    );
  });

  test("keeps the order of everything below, which models see", () => {
    const one = canonicalBody({ model: "m", schema: { b: 1, a: 2 } });
    expect(one).toBe('{"model":"m","schema":{"b":1,"a":2}}');
    expect(canonicalBody({ model: "m", schema: { a: 2, b: 1 } })).not.toBe(one);
    expect(canonicalBody({ model: "m", input: ["b", "a"] })).toBe('{"input":["b","a"],"model":"m"}');
  });

  test("leaves out what is undefined, as the wire does", () => {
    expect(canonicalBody({ model: "m", temperature: undefined })).toBe('{"model":"m"}');
  });
});

describe("keys", () => {
  test("tell provider, endpoint and body apart, also where they could run into each other", () => {
    const parts = [
      ["p", "/e", "{}"],
      ["q", "/e", "{}"],
      ["p", "/f", "{}"],
      ["p", "/e", "{ }"],
      ["p/e", "", "{}"],
      ["", "p/e", "{}"],
    ] as const;
    const keys = parts.map(([provider, endpoint, text]) => requestKey(provider, endpoint, text));
    expect(new Set(keys).size).toBe(parts.length);
  });

  test("are what they were: a changed key would ask everything again", () => {
    expect(requestKey("openai", "/v1/chat/completions", '{"model":"m"}')).toBe("tcd7Lm8Q8vxzUXiOczlT6b6FyqM");
  });

  test("make a custom_id of the alphabet and length that all providers take, and come back from it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const key = requestKey("p", "/e", text);
        expect(customIdOf(key)).toMatch(/^[A-Za-z0-9_-]{31}$/);
        expect(keyOf(customIdOf(key))).toBe(key);
      }),
    );
  });

  test.each(["", "bgp-", "bgp-short", `x${customIdOf("k".repeat(27))}`, customIdOf("k".repeat(28)), "request-1"])(
    "a custom_id that is not ours has none: %j",
    (customId) => {
      expect(keyOf(customId)).toBeUndefined();
    },
  );
});
