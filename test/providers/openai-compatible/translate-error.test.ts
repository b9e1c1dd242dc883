import { APIConnectionError, APIError } from "openai";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../src/core/errors.ts";
import { translateError } from "../../../src/providers/openai-compatible/translate-error.ts";
import { ProviderError } from "../../../src/providers/provider-error.ts";
import { API_KEY } from "./loopback.ts";

const context = { provider: "test", apiKey: API_KEY };

function translated(status: number, error?: Record<string, unknown>, headers: Record<string, string> = {}) {
  const thrown = APIError.generate(status, error && { error }, undefined, new Headers(headers));
  const result = translateError(thrown, "create batch", context);
  if (!(result instanceof ProviderError)) throw new Error("not translated");
  return result;
}

describe("translateError", () => {
  test.each([
    [401, "invalid_api_key", "key_refused", EXIT.keyRefused],
    [403, undefined, "key_refused", EXIT.keyRefused],
    [429, "rate_limit_exceeded", "rate_limited", EXIT.unfinished],
    [429, undefined, "rate_limited", EXIT.unfinished],
    [429, "insufficient_quota", "quota", EXIT.unfinished],
    [400, "billing_hard_limit_reached", "quota", EXIT.unfinished],
    [404, undefined, "not_found", EXIT.providerUnreachable],
    [408, undefined, "unavailable", EXIT.providerUnreachable],
    [500, undefined, "unavailable", EXIT.providerUnreachable],
    [503, "overloaded", "unavailable", EXIT.providerUnreachable],
    [400, "invalid_request", "rejected", EXIT.configuration],
    [413, undefined, "rejected", EXIT.configuration],
    [422, undefined, "rejected", EXIT.configuration],
  ])("status %d, code %s: %s", (status, code, kind, exitStatus) => {
    const error = translated(status, { message: "it said", ...(code === undefined ? {} : { code }) });
    expect(error).toMatchObject({ kind, exitStatus, status, providerCode: code });
    expect(error.message).toContain('test answered "create batch" with');
    expect(error.message).toContain("it said");
    expect(error.hint).toBeTruthy();
  });

  test.each([
    ["connect ECONNREFUSED", new Error("fetch failed", { cause: new Error("connect ECONNREFUSED") })],
    ["all of them", new AggregateError([new Error("all of them")], "")],
  ])("no answer at all is unavailable, and says why: %s", (reason, cause) => {
    const error = translateError(new APIConnectionError({ cause }), "list files", context);
    expect(error).toMatchObject({ kind: "unavailable", status: undefined });
    expect(String(error)).toContain(`test did not answer to "list files": ${reason}`);
  });

  test("a proxy's page of HTML is one line, clipped", () => {
    const page = `<html>\n<head><title>502 Bad Gateway</title></head>\n${"<p>x</p>\n".repeat(500)}</html>`;
    const thrown = new APIError(502, undefined, `502 ${page}`, new Headers());
    const error = translateError(thrown, "retrieve batch", context);
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(String(error)).toContain("502 Bad Gateway");
    expect(String(error)).not.toContain("\n");
    expect(String(error).length).toBeLessThan(400);
  });

  test.each([API_KEY, "sk-proj-another0123456789"])("a key that the provider repeats is not shown: %s", (key) => {
    const error = translated(401, { message: `Incorrect API key provided: ${key}.` });
    expect(error.message).not.toContain(key);
    expect(error.message).toContain("[redacted]");
  });

  test.each([
    [{ "retry-after-ms": "1500" }, 1_500],
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "86400" }, 60_000],
    [{ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }, 60_000],
    [{ "retry-after": new Date(0).toUTCString() }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("asks to wait: %j", (headers, expected) => {
    expect(translated(429, { message: "slow down" }, headers as Record<string, string>).retryAfterMs).toBe(expected);
  });

  test("a reply that is no JSON, or not the object it should be, is unavailable", () => {
    expect(translateError(new SyntaxError("Unexpected token <"), "x", context)).toMatchObject({ kind: "unavailable" });
  });

  test("what is not of the API stays what it is", () => {
    const error = new Error("aborted");
    expect(translateError(error, "x", context)).toBe(error);
    expect(translateError("text", "x", context)).toBe("text");
  });
});
