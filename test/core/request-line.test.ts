import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalBody, customIdOf, requestKey } from "../../src/core/keys.ts";
import { readRequestLine, requestLine, requestLineBytes } from "../../src/core/request-line.ts";

const hostile = fc.constantFrom(',"body":', "}", "\u2028", "\ud800", "\\", '"', "\u0000", "流");
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(hostile).map((parts) => parts.join("")),
);
const endpoints = fc.oneof(
  fc.constant("/v1/chat/completions"),
  texts.map((text) => `/v1/${text}`),
);

test("a line is read back byte for byte, whatever is asked", () => {
  const asked = fc.record({ model: texts, messages: fc.array(fc.record({ content: texts })), body: fc.jsonValue() });
  const property = fc.property(asked, (body) => {
    const endpoint = "/v1/chat/completions";
    const bodyText = canonicalBody(body);
    const key = requestKey("p", endpoint, bodyText);
    const line = requestLine(key, endpoint, bodyText);
    expect(readRequestLine(line)).toEqual({ customId: customIdOf(key), endpoint, bodyText });
    expect(requestLineBytes(key, endpoint, bodyText)).toBe(Buffer.byteLength(`${line}\n`));
    expect(line).not.toContain("\n");
  });
  fc.assert(property);
});

test("with any endpoint that has a quoted text's spelling of its own", () => {
  const property = fc.property(endpoints, (endpoint) => {
    const line = requestLine("key", endpoint, "{}");
    expect(readRequestLine(line)).toMatchObject({ endpoint, bodyText: "{}" });
  });
  fc.assert(property);
});
