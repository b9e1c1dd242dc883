import { expect, test } from "vitest";
import { parseRateLimits } from "../../src/core/rate-limit-headers.ts";

function parse(headers: Record<string, string>) {
  return parseRateLimits((name) => headers[name]);
}

test("OpenAI's headers", () => {
  const headers = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
  };
  expect(parse(headers)).toEqual({
    requests: { limit: 500, remaining: 499, resetMs: 120 },
    tokens: { limit: 150_000, remaining: 149_984, resetMs: 360_000 },
  });
});

test.each([
  ["1s", 1000],
  ["20ms", 20],
  ["2m59.56s", 179_560],
  ["1h0m1.5s", 3_601_500],
  ["1d2h", 93_600_000],
  ["55", 55_000],
  ["0", 0],
  [" 7.66s ", 7660],
])("a reset of %j is %d ms", (text, resetMs) => {
  expect(parse({ "x-ratelimit-reset-tokens": text })?.tokens?.resetMs).toBeCloseTo(resetMs, 6);
});

test.each(["", "soon", "-1", "5 minutes", "1s 2", "ms", "1.2.3s"])("a reset of %j is not read", (text) => {
  expect(parse({ "x-ratelimit-reset-tokens": text })).toBeUndefined();
});

test("Azure's: counts of -1 are unknown, and its other spelling of the reset", () => {
  const headers = { "x-ratelimit-remaining-requests": "-1", "x-rate-limit-reset-tokens": "55" };
  expect(parse(headers)).toEqual({ tokens: { resetMs: 55_000 } });
});

test("without any of them there is no notice", () => {
  expect(parse({ "retry-after": "3" })).toBeUndefined();
  expect(parseRateLimits(() => null)).toBeUndefined();
});
