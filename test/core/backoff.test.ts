import fc from "fast-check";
import { expect, test } from "vitest";
import { nextDelay } from "../../src/core/backoff.ts";

const backoff = { firstMs: 100, factor: 2, maxMs: 1_000, jitter: 0.5 };

test("grows by its factor up to its cap", () => {
  expect([0, 1, 2, 3, 4, 1_000].map((attempt) => nextDelay(backoff, attempt, 0))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test("loses up to its jitter, and never more", () => {
  expect(nextDelay(backoff, 1, 0.5)).toBe(150);
  fc.assert(
    fc.property(fc.nat(2_000), (attempt) => {
      const full = nextDelay(backoff, attempt, 0);
      const delay = nextDelay(backoff, attempt);
      expect(delay).toBeGreaterThan(full * 0.5);
      expect(delay).toBeLessThanOrEqual(full);
    }),
  );
});

test("without jitter it is always the same", () => {
  expect(nextDelay({ ...backoff, jitter: 0 }, 2)).toBe(400);
});
