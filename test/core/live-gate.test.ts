import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { LiveGate, type LivePermit } from "../../src/core/live-gate.ts";
import { turn, VirtualClock } from "../support/virtual-clock.ts";
import { never } from "./live-gate-support.ts";

vi.setConfig({ testTimeout: 120_000 });

function gateOf(concurrency: number, clock = new VirtualClock("manual")): LiveGate {
  return new LiveGate({ limits: { concurrency, requestsPerMinute: undefined, tokensPerMinute: undefined }, clock });
}

test("no more at a time than allowed, in the order they came", async () => {
  const gate = gateOf(2);
  const permits: LivePermit[] = [];
  const order: number[] = [];
  for (let number = 0; number < 4; number++) {
    void gate.enter(1, never).then((permit) => {
      permits.push(permit);
      order.push(number);
    });
  }
  await turn();
  expect(order).toEqual([0, 1]);
  expect([gate.inFlight, gate.waiting, gate.concurrency]).toEqual([2, 2, 2]);
  permits[1]?.end({ kind: "failed" });
  permits[1]?.end({ kind: "failed" });
  await turn();
  expect(order).toEqual([0, 1, 2]);
  expect([gate.inFlight, gate.waiting]).toEqual([2, 1]);
});

test("who gives up is told so and leaves the queue; the next one goes on", async () => {
  const gate = gateOf(1);
  const permit = await gate.enter(1, never);
  const stop = new AbortController();
  const given = gate.enter(1, stop.signal);
  const next = gate.enter(1, never);
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  expect(gate.waiting).toBe(1);
  permit.end({ kind: "aborted" });
  await next;
  await expect(gate.enter(1, stop.signal)).rejects.toThrow("enough");
});

test("who leaves the front makes way for who does not need to wait", async () => {
  const clock = new VirtualClock("manual");
  const limits = { concurrency: 9, requestsPerMinute: undefined, tokensPerMinute: 6000 };
  const gate = new LiveGate({ limits, clock });
  await gate.enter(100, never);
  const stop = new AbortController();
  const large = gate.enter(5000, stop.signal).catch(() => "gone");
  const small = gate.enter(100, never);
  stop.abort();
  expect(await large).toBe("gone");
  expect((await small).end).toBeTypeOf("function");
});

test("who shares a signal that aborts is never let in by it", async () => {
  const gate = gateOf(1, new VirtualClock());
  const stop = new AbortController();
  const permit = await gate.enter(1, stop.signal);
  const others = Promise.allSettled(Array.from({ length: 5 }, () => gate.enter(1, stop.signal)));
  stop.signal.addEventListener("abort", () => permit.end({ kind: "aborted" }));
  stop.abort();
  expect((await others).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "rejected"));
  expect([gate.inFlight, gate.waiting]).toEqual([0, 0]);
});

test("nothing sleeps on when nobody waits", async () => {
  const clock = new VirtualClock("manual");
  const gate = gateOf(4, clock);
  const stop = new AbortController();
  (await gate.enter(1, never)).end({ kind: "rate_limited", retryAfterMs: 5000 });
  const given = gate.enter(1, stop.signal).catch(() => "gone");
  expect(clock.sleeperCount).toBe(1);
  stop.abort();
  expect(await given).toBe("gone");
  expect(clock.sleeperCount).toBe(0);
});

test("a hundred thousand wait on one signal and are let in in time", async () => {
  const gate = gateOf(100, new VirtualClock());
  let done = 0;
  const call = async () => {
    const permit = await gate.enter(1, never);
    done++;
    permit.end({ kind: "answered" });
  };
  await Promise.all(Array.from({ length: 100_000 }, call));
  expect(done).toBe(100_000);
});

const step = fc.record({
  arriveAt: fc.integer({ min: 0, max: 5000 }),
  tokens: fc.integer({ min: 1, max: 400 }),
  abortAfter: fc.option(fc.integer({ min: 0, max: 30_000 })),
  lastsMs: fc.integer({ min: 0, max: 2000 }),
  how: fc.constantFrom("answered", "rate_limited", "failed", "aborted"),
});

test("whatever happens: bounded, in order, and nobody is forgotten", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60 }),
    fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    fc.option(fc.integer({ min: 20, max: 2000 }), { nil: undefined }),
    async (steps, concurrency, requestsPerMinute) => {
      const clock = new VirtualClock("manual");
      const gate = new LiveGate({ limits: { concurrency, requestsPerMinute, tokensPerMinute: 5000 }, clock });
      const arrived: number[] = [];
      const started: number[] = [];
      let inside = 0;
      const ends = steps.map(async ({ arriveAt, tokens, abortAfter, lastsMs, how }, number) => {
        await clock.sleep(arriveAt);
        const stop = new AbortController();
        if (abortAfter !== null) void clock.sleep(abortAfter).then(() => stop.abort());
        arrived.push(number);
        const permit = await gate.enter(tokens, stop.signal).catch(() => undefined);
        if (permit === undefined) return "gone";
        started.push(number);
        inside++;
        expect(inside).toBe(gate.inFlight);
        if (concurrency !== undefined) expect(inside).toBeLessThanOrEqual(concurrency);
        await clock.sleep(lastsMs);
        inside--;
        permit.end({ kind: how });
        return "done";
      });
      await clock.advance(60 * 60_000);
      const results = await Promise.all(ends);
      expect(results).toHaveLength(steps.length);
      expect(started).toEqual(arrived.filter((number) => started.includes(number)));
      expect([gate.inFlight, gate.waiting, clock.sleeperCount]).toEqual([0, 0, 0]);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
