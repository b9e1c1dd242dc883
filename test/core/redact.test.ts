import fc from "fast-check";
import { expect, test } from "vitest";
import { redact } from "../../src/core/redact.ts";

test.each([
  ["a known secret", "key hunter22 here", ["hunter22"], "key [redacted] here"],
  ["the longer of two secrets first", "hunter22xyz", ["hunter22", "hunter22xyz"], "[redacted]"],
  ["an OpenAI key", '{"k":"sk-proj-Abc_123-xyz"}', [], '{"k":"[redacted]"}'],
  ["a Groq key", "gsk_abcdef123456", [], "[redacted]"],
  ["a bearer token", "authorization: Bearer abc.def-123", [], "authorization: Bearer [redacted]"],
  ["a password in an address", "http://user:pass@host/x", [], "http://[redacted]@host/x"],
  ["a key split by nothing", "sk-aaaaaaaa,sk-bbbbbbbb", [], "[redacted],[redacted]"],
])("masks %s", (_, text, secrets, expected) => {
  expect(redact(text, secrets)).toBe(expected);
});

test.each(["task-abcdefgh", "a disk-mounted file", "the bearer of news", "http://host:8080/a@b", "sk-short"])(
  "leaves %j alone",
  (text) => {
    expect(redact(text)).toBe(text);
  },
);

test("ignores empty and very short secrets, which would shred the text", () => {
  expect(redact("any text", ["", "a", "text"])).toBe("any text");
});

test("no known secret of six characters or more survives", () => {
  const secret = fc.string({ minLength: 6 }).filter((text) => !"[redacted]".includes(text));
  fc.assert(
    fc.property(fc.string(), secret, fc.string(), (before, key, after) => {
      fc.pre(!`${before}[redacted]${after}`.includes(key));
      expect(redact(before + key + after, [key])).not.toContain(key);
    }),
  );
});
