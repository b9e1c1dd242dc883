import { expect, test } from "vitest";
import { LiveGate, type LiveLimits } from "../../src/core/live-gate.ts";
import type { RateLimitNotice } from "../../src/core/rate-limit-headers.ts";
import { turn, VirtualClock } from "../support/virtual-clock.ts";
import { mostWithin, never } from "./live-gate-support.ts";

const NO_LIMITS: LiveLimits = { concurrency: 1000, requestsPerMinute: undefined, tokensPerMinute: undefined };

/** Calls without end for some minutes; `tokensOf` says what one expects and what it is billed. */
async function spend(
  limits: Partial<LiveLimits>,
  tokensOf: (number: number) => { readonly expected: number; readonly billed: number },
  minutes: number,
) {
  const clock = new VirtualClock("manual");
  const gate = new LiveGate({ limits: { ...NO_LIMITS, ...limits }, clock });
  const spent: { at: number; cost: number }[] = [];
  let number = 0;
  const worker = async () => {
    for (;;) {
      const { expected, billed } = tokensOf(number++);
      const permit = await gate.enter(expected, never);
      spent.push({ at: clock.now(), cost: billed });
      await clock.sleep(700);
      permit.end({ kind: "answered", tokens: billed });
    }
  };
  for (let count = 0; count < 50; count++) void worker();
  await clock.advance(minutes * 60_000);
  return { spent, total: spent.reduce((sum, { cost }) => sum + cost, 0) };
}

const one = () => ({ expected: 1, billed: 1 });

test.each([1, 7, 60, 500, 3000])("%d requests a minute: nearly all of them, never more in any minute", async (rpm) => {
  const { spent } = await spend({ requestsPerMinute: rpm }, one, 5);
  expect(mostWithin(spent, 60_000)).toBeLessThanOrEqual(rpm);
  expect(spent.length).toBeGreaterThanOrEqual(0.9 * 5 * rpm);
});

test("requests come evenly, not as a minute's worth at once", async () => {
  const { spent } = await spend({ requestsPerMinute: 600 }, one, 2);
  expect(mostWithin(spent, 5000)).toBeLessThanOrEqual(20 + 50);
});

test.each([
  ["small calls", 40, 40],
  ["calls of more than the bucket holds", 2000, 2000],
  ["calls that are billed a quarter of what they might have been", 1000, 250],
])("tokens a minute, %s: nearly all of them, never more in any minute", async (_, expected, billed) => {
  const tpm = 20_000;
  const { spent, total } = await spend({ tokensPerMinute: tpm }, () => ({ expected, billed }), 5);
  expect(mostWithin(spent, 60_000)).toBeLessThanOrEqual(tpm);
  expect(total).toBeGreaterThanOrEqual(0.9 * 5 * tpm);
});

test("a call of more than a whole minute's tokens goes alone, and its debt is paid off", async () => {
  const { spent } = await spend({ tokensPerMinute: 1000 }, () => ({ expected: 2500, billed: 2500 }), 10);
  expect(spent.length).toBeGreaterThanOrEqual(3);
  expect(spent.length).toBeLessThanOrEqual(5);
  expect(mostWithin(spent, 60_000)).toBe(2500);
});

/** When a second and third call start that come right after one whose reply said this. */
async function startsAfter(notice: RateLimitNotice, limits: Partial<LiveLimits> = {}): Promise<number[]> {
  const clock = new VirtualClock("manual");
  const gate = new LiveGate({ limits: { ...NO_LIMITS, ...limits }, clock });
  (await gate.enter(10, never)).end({ kind: "answered", notice });
  const starts: number[] = [];
  for (let count = 0; count < 2; count++) void gate.enter(10, never).then(() => starts.push(clock.elapsedMs));
  await clock.advance(180_000);
  return starts;
}

test("no call starts before what is used up is said to be there again", async () => {
  expect(await startsAfter({ requests: { remaining: 0, resetMs: 5000 } })).toEqual([5000, 5000]);
  expect(await startsAfter({ tokens: { limit: 60_000, remaining: 0, resetMs: 5000 } })).toEqual([5000, 5000]);
});

test("a reset is waited for a minute at most", async () => {
  expect(await startsAfter({ requests: { remaining: 0, resetMs: 3_600_000 } })).toEqual([60_000, 60_000]);
});

test("where a bucket fills evenly, only what flows in is waited for", async () => {
  const [first = 0, second = 0] = await startsAfter({ requests: { limit: 60, remaining: 0, resetMs: 60_000 } });
  expect(first).toBeGreaterThan(900);
  expect(first).toBeLessThan(1200);
  expect(second - first).toBeGreaterThan(900);
});

test("a lower limit than one's own is obeyed, a higher one does not raise it", async () => {
  const lower = await startsAfter({ requests: { limit: 6 } }, { requestsPerMinute: 600 });
  expect(lower).toEqual([0, 10_000]);
  const higher = await startsAfter({ requests: { limit: 6000 } }, { requestsPerMinute: 6 });
  expect(higher).toEqual([10_000, 20_000]);
});

test("more than was reserved is taken too", async () => {
  const clock = new VirtualClock("manual");
  const gate = new LiveGate({ limits: { ...NO_LIMITS, tokensPerMinute: 6000 }, clock });
  (await gate.enter(1, never)).end({ kind: "answered", tokens: 5000 });
  let isIn = false;
  void gate.enter(100, never).then(() => {
    isIn = true;
  });
  await clock.advance(40_000);
  expect(isIn).toBe(false);
  await clock.advance(20_000);
  await turn();
  expect(isIn).toBe(true);
});
