import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Patience } from "../../src/core/patience.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("Patience", () => {
  test("ends when its time has passed, and not before", async () => {
    const clock = new VirtualClock("manual");
    const patience = new Patience(clock, 1_000);
    expect(patience).toMatchObject({ isNone: false, isOver: false, endsAt: clock.now() + 1_000 });
    await clock.advance(999);
    expect(patience.isOver).toBe(false);
    await clock.advance(1);
    expect(patience.isOver).toBe(true);
    await clock.advance(1_000_000);
    expect(patience.isOver).toBe(true);
  });

  test("of no time is none, and over at once", () => {
    const patience = new Patience(new VirtualClock("manual"), 0);
    expect([patience.isNone, patience.isOver, patience.within(500)]).toEqual([true, true, 0]);
  });

  test("without a time never ends", async () => {
    const clock = new VirtualClock("manual");
    const patience = new Patience(clock, undefined);
    await clock.advance(1e12);
    expect([patience.isNone, patience.isOver]).toEqual([false, false]);
    expect(patience.within(1e12)).toBe(1e12);
    expect(patience.within(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a wait within it is no longer than asked for, never reaches beyond the end, and is no negative time", async () => {
    const delay = fc.oneof(fc.integer({ min: -1_000, max: 5_000 }), fc.constant(Number.POSITIVE_INFINITY));
    await fc.assert(
      fc.asyncProperty(fc.nat(2_000), fc.nat(3_000), delay, async (waitMs, elapsedMs, delayMs) => {
        const clock = new VirtualClock("manual");
        const patience = new Patience(clock, waitMs);
        await clock.advance(elapsedMs);
        const within = patience.within(delayMs);
        expect(within).toBe(Math.max(0, Math.min(delayMs, waitMs - elapsedMs)));
        expect(patience.isOver).toBe(elapsedMs >= waitMs);
        // Who has waited as long as could be asked for finds it over.
        await clock.advance(patience.within(Number.POSITIVE_INFINITY));
        expect(patience.isOver).toBe(true);
      }),
    );
  });
});
