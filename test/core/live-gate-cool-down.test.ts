import { expect, test } from "vitest";
import { type CoolDownNotice, LiveGate, type LivePermit } from "../../src/core/live-gate.ts";
import { turn, VirtualClock } from "../support/virtual-clock.ts";
import { BucketServer, never, work } from "./live-gate-support.ts";

function setUp({
  concurrency = 1000,
  clock = new VirtualClock("manual"),
}: {
  concurrency?: number | undefined;
  clock?: VirtualClock;
} = {}) {
  const coolDowns: CoolDownNotice[] = [];
  const limits = { concurrency, requestsPerMinute: undefined, tokensPerMinute: undefined };
  const gate = new LiveGate({ limits, clock, random: () => 0, onCoolDown: (one) => coolDowns.push(one) });
  const starts: number[] = [];
  const permits: LivePermit[] = [];
  const start = (count: number) => {
    for (let number = 0; number < count; number++) {
      void gate.enter(1, never).then((permit) => {
        starts.push(clock.elapsedMs);
        permits.push(permit);
      });
    }
    return turn();
  };
  const end = (how: Parameters<LivePermit["end"]>[0]) => permits.shift()?.end(how);
  return { clock, gate, coolDowns, starts, start, end };
}

test("a 429 to one call holds all back until its retry-after has passed, then they come one by one", async () => {
  const { clock, coolDowns, starts, start, end } = setUp();
  await start(3);
  end({ kind: "rate_limited", retryAfterMs: 2000 });
  await start(20);
  await clock.advance(1999);
  expect(starts).toEqual([0, 0, 0]);
  expect(coolDowns).toEqual([{ delayMs: 2000, retryAfterMs: 2000, concurrency: 1000 }]);
  await clock.advance(1001);
  expect(starts.length).toBeGreaterThan(3);
  expect(starts.length).toBeLessThan(3 + 6);
  await clock.advance(10_000);
  expect(starts).toHaveLength(23);
});

test("429s to calls that had started before are not new ones", async () => {
  const { clock, coolDowns, starts, start, end } = setUp();
  await start(100);
  for (let count = 0; count < 99; count++) end({ kind: "rate_limited" });
  await start(1);
  await clock.advance(1000);
  expect(coolDowns).toHaveLength(1);
  expect(starts).toHaveLength(101);
  end({ kind: "rate_limited" });
  await clock.advance(5000);
  expect(coolDowns).toHaveLength(1);
});

test("but what they name is waited for", async () => {
  const { clock, coolDowns, starts, start, end } = setUp();
  await start(2);
  end({ kind: "rate_limited", retryAfterMs: 1000 });
  end({ kind: "rate_limited", retryAfterMs: 3000 });
  await start(1);
  await clock.advance(2999);
  expect(starts).toHaveLength(2);
  await clock.advance(1);
  expect(starts).toHaveLength(3);
  expect(coolDowns).toHaveLength(1);
});

test("a 429 again soon after makes the next one longer, up to a minute; a late one does not", async () => {
  const { clock, coolDowns, start, end } = setUp();
  const refuse = async (retryAfterMs?: number) => {
    await start(1);
    end({ kind: "rate_limited", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    await clock.advance(coolDowns.at(-1)?.delayMs ?? 0);
  };
  for (let count = 0; count < 8; count++) await refuse();
  expect(coolDowns.map(({ delayMs }) => delayMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  await clock.advance(4000);
  await refuse(300);
  await refuse(300);
  await refuse(3_600_000);
  expect(coolDowns.slice(-3).map(({ delayMs }) => delayMs)).toEqual([300, 600, 60_000]);
});

test.each([true, false])("250 workers meet a 429 at once and recover (a retry-after is named: %s)", async (named) => {
  const clock = new VirtualClock();
  const { gate, coolDowns } = setUp({ concurrency: 250, clock });
  const server = new BucketServer(clock, { perSecond: 20, capacity: 20, latencyMs: 300, named });
  await work(gate, server, { workers: 250, calls: 1000 });
  const [firstRefusal = 0] = server.refusals;
  const afterwards = server.refusals.filter((at) => at > firstRefusal + 1000);
  const again = firstRefusal + (coolDowns[0]?.delayMs ?? 0);
  expect(server.answered).toBe(1000);
  expect(server.early).toBe(0);
  expect(server.arrivals.filter((at) => at > firstRefusal && at < again)).toEqual([]);
  const firstSecond = server.arrivals.filter((at) => at >= again && at < again + 1000).length;
  expect(firstSecond).toBeGreaterThanOrEqual(1);
  expect(firstSecond).toBeLessThanOrEqual(20);
  expect(afterwards.length).toBeLessThan(80);
  expect(clock.elapsedMs).toBeLessThan(1.3 * 50_000);
});

test("a server that is nearly dry at the start is not taken for a slow one for ever", async () => {
  const clock = new VirtualClock();
  const { gate } = setUp({ concurrency: 100, clock });
  const server = new BucketServer(clock, { perSecond: 100, capacity: 1, latencyMs: 50 });
  await work(gate, server, { workers: 100, calls: 3000 });
  expect(server.early).toBe(0);
  expect(clock.elapsedMs).toBeLessThan(90_000);
});

test("adaptive concurrency grows to what a server bears and falls when it bears less", async () => {
  const clock = new VirtualClock();
  const limits = { concurrency: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined };
  const gate = new LiveGate({ limits, clock, random: () => 0.5 });
  let bears = 60;
  let inside = 0;
  let left = 12_000;
  const seen: number[] = [];
  const worker = async () => {
    while (left-- > 0) {
      if (left === 6000) bears = 10;
      const permit = await gate.enter(1, never);
      const isBorne = inside < bears;
      inside++;
      await clock.sleep(200);
      inside--;
      seen.push(gate.concurrency);
      permit.end(isBorne ? { kind: "answered" } : { kind: "rate_limited", retryAfterMs: 500 });
    }
  };
  await Promise.all(Array.from({ length: 300 }, worker));
  const before = seen.slice(2000, 6000);
  const after = seen.slice(-3000);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.max(...seen)).toBeGreaterThan(45);
  expect(mean(before)).toBeGreaterThan(25);
  expect(Math.max(...before)).toBeLessThan(90);
  expect(mean(after)).toBeLessThan(20);
});

test("unhindered, adaptive concurrency goes to its bound and no further", async () => {
  const clock = new VirtualClock();
  const limits = { concurrency: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined };
  const gate = new LiveGate({ limits, clock });
  const server = new BucketServer(clock, { perSecond: 1e6, capacity: 1e6, latencyMs: 100 });
  expect(gate.concurrency).toBe(8);
  await work(gate, server, { workers: 400, calls: 4000 });
  expect(gate.concurrency).toBe(256);
});
