import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttemptLimits, Attempts } from "../../src/core/attempts.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const MINUTE_MS = 60_000;
const LIMITS: AttemptLimits = {
  transportRetries: 3,
  backoff: { firstMs: 100, factor: 2, maxMs: 1_000, jitter: 0 },
  patienceMs: 10 * MINUTE_MS,
  requestMs: undefined,
};

function begun(limits: Partial<AttemptLimits> = {}) {
  const clock = new VirtualClock("manual");
  const pulse = { answers: 0, lastAnswerAt: clock.now() };
  return { clock, pulse, attempts: new Attempts({ ...LIMITS, ...limits }, clock, pulse) };
}

describe("a 429", () => {
  test("is tried again at once, as the gate waits, for as long as patience lasts", async () => {
    const { clock, attempts } = begun();
    expect(attempts.failed("rate_limited", "not now")).toEqual({ kind: "again", delayMs: 0 });
    await clock.advance(10 * MINUTE_MS);
    expect(attempts.failed("rate_limited", "not now")).toMatchObject({ kind: "again" });
    await clock.advance(1);
    expect(attempts.failed("rate_limited", "not now")).toEqual({
      kind: "over",
      failure: { code: "rate_limited", message: "not now" },
    });
  });

  test("takes nothing off the tries for want of an answer", async () => {
    const { clock, pulse, attempts } = begun();
    for (let count = 0; count < 50; count++) attempts.failed("rate_limited", "x");
    for (const delayMs of [100, 200, 400]) {
      await clock.advance(1);
      pulse.lastAnswerAt = clock.now();
      expect(attempts.failed("unavailable", "x")).toEqual({ kind: "again", delayMs });
    }
    expect(attempts.failed("unavailable", "gone")).toMatchObject({ kind: "over", failure: { code: "server_error" } });
  });
});

test("what was held back is no try: it is made again until patience ends", async () => {
  const { clock, attempts } = begun();
  for (let count = 0; count < 50; count++) {
    expect(attempts.failed("held_back", "x")).toEqual({ kind: "again", delayMs: 100 });
  }
  expect(attempts.failed("unavailable", "x")).toEqual({ kind: "again", delayMs: 100 });
  await clock.advance(10 * MINUTE_MS + 1);
  expect(attempts.failed("held_back", "x")).toEqual({ kind: "outage" });
});

describe("no answer", () => {
  test("while somebody else is answered: over after its tries, with what was said last", async () => {
    const { clock, pulse, attempts } = begun();
    for (let count = 0; count < 3; count++) expect(attempts.failed("unavailable", "x").kind).toBe("again");
    await clock.advance(5);
    pulse.lastAnswerAt = clock.now();
    expect(attempts.failed("unavailable", "the last word")).toEqual({
      kind: "over",
      failure: { code: "server_error", message: "the last word" },
    });
  });

  test("to anybody: waited for, at the longest pace in the end, and then an outage", async () => {
    const { clock, attempts } = begun();
    let ways = 0;
    for (let next = attempts.failed("unavailable", "x"); next.kind === "again"; ways++) {
      expect(next.delayMs).toBeLessThanOrEqual(1_000);
      await clock.advance(next.delayMs);
      next = attempts.failed("unavailable", "x");
      if (next.kind === "outage") break;
      expect(next.kind).toBe("again");
    }
    expect(ways).toBeGreaterThan(500);
    expect(clock.elapsedMs).toBeGreaterThan(10 * MINUTE_MS);
    expect(clock.elapsedMs).toBeLessThanOrEqual(10 * MINUTE_MS + 1_000);
  });
});

test("a request's time: no wait goes beyond it, and nothing is tried after it, whatever fails how", () => {
  const kind = fc.constantFrom("rate_limited" as const, "unavailable" as const, "held_back" as const);
  const kinds = fc.array(fc.tuple(kind, fc.nat(3_000)));
  const checked = fc.asyncProperty(
    kinds,
    fc.integer({ min: 1, max: 5_000 }),
    fc.boolean(),
    async (failures, requestMs, isAnswered) => {
      const { clock, pulse, attempts } = begun({ requestMs });
      for (const [kind, tookMs] of failures) {
        await clock.advance(tookMs);
        if (isAnswered) pulse.lastAnswerAt = clock.now();
        const next = attempts.failed(kind, "x");
        if (clock.elapsedMs >= requestMs)
          expect(next).toMatchObject({ kind: "over", failure: { code: "server_error" } });
        if (next.kind !== "again") return;
        expect(clock.elapsedMs + next.delayMs).toBeLessThanOrEqual(requestMs);
      }
    },
  );
  return fc.assert(checked, { numRuns: 200 });
});
