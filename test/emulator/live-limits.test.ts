import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { parseRateLimits } from "../../src/core/rate-limit-headers.ts";
import { MinuteBucket } from "../../src/emulator/minute-bucket.ts";
import type { EmulatorOptions } from "../../src/emulator/server.ts";
import { emulatorPage, lines, ManualClock, runBatch, startForTest, startWithFaults } from "./support.ts";

/** An emulator whose time stands still, and calls to it. */
async function startLive(options: Partial<EmulatorOptions>) {
  const clock = new ManualClock();
  const { emulator, client } = await startForTest({ clock, ...options });
  const ask = (fields: object = {}) =>
    fetch(`${emulator.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "four" }], ...fields }),
    });
  const statusOf = async (fields?: object) => {
    const response = await ask(fields);
    await response.arrayBuffer();
    return response.status;
  };
  return {
    clock,
    emulator,
    client,
    ask,
    statusOf,
    page: (name: "live" | "billing") => emulatorPage(emulator.url, name),
  };
}

const limitsOf = ({ headers }: Response) => parseRateLimits((name) => headers.get(name));

describe("requests per minute", () => {
  test("one over the limit is told how long to wait, and passes then", async () => {
    const { clock, ask, statusOf, page } = await startLive({ liveRpm: 3 });
    expect(limitsOf(await ask())).toEqual({ requests: { limit: 3, remaining: 2, resetMs: 20_000 } });
    expect([await statusOf(), await statusOf()]).toEqual([200, 200]);
    clock.advance(5);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect([refused.headers.get("retry-after-ms"), refused.headers.get("retry-after")]).toEqual(["15000", "15"]);
    expect(limitsOf(refused)?.requests).toMatchObject({ remaining: 0, resetMs: 55_000 });
    expect(await refused.json()).toEqual({
      error: {
        message: "Rate limit reached for m on requests per min (RPM): Limit 3, Requested 1. Please try again in 15s.",
        type: "requests",
        param: null,
        code: "rate_limit_exceeded",
      },
    });
    clock.advance(15);
    expect(await statusOf()).toBe(200);
    expect(await page("live")).toEqual({ refused: 1, early: 0 });
    expect(await page("billing")).toMatchObject({ requests: 4, distinct: 1, live: 4 });
  });

  test("go by model, and leave batches alone", async () => {
    const { statusOf, client, page } = await startLive({ liveRpm: 1 });
    expect([await statusOf(), await statusOf({ model: "n" }), await statusOf()]).toEqual([200, 200, 429]);
    expect((await runBatch(client, lines(3))).status).toBe("completed");
    expect(await page("billing")).toMatchObject({ requests: 5, live: 2 });
  });
});

describe("tokens per minute", () => {
  test("a call takes what it may put out, and gives back what it did not", async () => {
    const { ask, statusOf } = await startLive({ liveTpm: 600 });
    const first = await ask({ max_completion_tokens: 500 });
    const { total_tokens: billed } = ((await first.json()) as { usage: { total_tokens: number } }).usage;
    expect(limitsOf(first)?.tokens).toMatchObject({ limit: 600, remaining: 600 - billed });
    const refused = await ask({ max_completion_tokens: 590 });
    expect([refused.status, (await refused.json()) as object]).toEqual([
      429,
      { error: expect.objectContaining({ type: "tokens", message: expect.stringContaining("(TPM): Limit 600") }) },
    ]);
    expect(Number(refused.headers.get("retry-after-ms"))).toBeGreaterThan(0);
    expect(await statusOf()).toBe(200);
  });

  test("more than a minute's worth passes when all of it is there", async () => {
    const { clock, statusOf } = await startLive({ liveTpm: 100 });
    expect([await statusOf({ max_tokens: 5000 }), await statusOf({ max_tokens: 5000 })]).toEqual([200, 429]);
    clock.advance(60);
    expect(await statusOf({ max_tokens: 5000 })).toBe(200);
  });

  test("what is refused for itself gives all of it back", async () => {
    const { ask } = await startLive({ liveTpm: 100 });
    const response = await ask({ max_tokens: 50, messages: [] });
    expect([response.status, limitsOf(response)?.tokens?.remaining]).toEqual([400, 100]);
  });
});

describe("calls that come too early", () => {
  test("over a connection that carried the 429, and over others once they must have heard of it", async () => {
    const { clock, statusOf, ask, page } = await startLive({ liveRpm: 1 });
    await statusOf();
    expect([await statusOf(), await page("live")]).toEqual([429, { refused: 1, early: 0 }]);
    expect([await statusOf(), await page("live")]).toEqual([429, { refused: 2, early: 1 }]);
    clock.advance(1);
    const bodies = await Promise.all([1, 2, 3].map(() => ask()));
    await Promise.all(bodies.map((response) => response.arrayBuffer()));
    expect(await page("live")).toEqual({ refused: 5, early: 4 });
    clock.advance(59);
    expect([await statusOf(), await page("live")]).toEqual([200, { refused: 5, early: 4 }]);
  });

  test("but none that were on their way when the first was refused", async () => {
    const { ask, page } = await startLive({ liveRpm: 1 });
    const all = await Promise.all(Array.from({ length: 20 }, () => ask()));
    await Promise.all(all.map((response) => response.arrayBuffer()));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await page("live"))["early"]).toBe(0);
  });
});

test("an answer takes its time, and is billed when it is there", async () => {
  const { clock, statusOf, page } = await startLive({ liveSeconds: 3 });
  let status: number | undefined;
  const asked = statusOf().then((found) => {
    status = found;
  });
  await delay(50);
  expect([status, (await page("billing"))["requests"]]).toEqual([undefined, 0]);
  clock.advance(3);
  await asked;
  expect([status, (await page("billing"))["requests"]]).toEqual([200, 1]);
});

test("an emulator that closes waits for no answer", async () => {
  const { emulator, statusOf } = await startLive({ liveSeconds: 3600 });
  const asked = expect(statusOf()).rejects.toThrow("fetch failed");
  await delay(50);
  await emulator.close();
  await asked;
});

describe("faults of live answers", () => {
  const model = "m";
  const messages = [{ role: "user" as const, content: "live" }];

  test.for([
    { fault: "line_refusal", finds: { finish_reason: "stop", message: { content: null } } },
    { fault: "line_cut_off", finds: { finish_reason: "length" } },
    { fault: "line_content_filter", finds: { finish_reason: "content_filter" } },
  ] as const)("$fault", async ({ fault, finds }) => {
    const { client, emulator } = await startWithFaults({ [fault]: 1 });
    const { choices } = await client.chat.completions.create({ model, messages });
    expect(choices).toMatchObject([finds]);
    await client.embeddings.create({ model, input: "no words" });
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ [fault]: 1 });
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ live: 2 });
  });

  test.for(["body_cut", "body_short", "body_hang", "hang", "reset_after"] as const)(
    "%s: no answer, but a bill",
    async (fault) => {
      const { client, emulator } = await startWithFaults({ [fault]: 1 });
      await expect(client.chat.completions.create({ model, messages })).rejects.toThrow();
      expect(await emulatorPage(emulator.url, "faults")).toEqual({ [fault]: 1 });
      expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ live: 1 });
    },
  );

  test("body_drip: all of it, in pieces", async () => {
    const { client, emulator } = await startWithFaults({ body_drip: 1 });
    expect((await client.chat.completions.create({ model, messages })).choices).toHaveLength(1);
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ body_drip: 1 });
  });
});

test("a bucket is full at first, never more than full, and fills within a minute", () => {
  const bucket = new MinuteBucket(60, 0);
  bucket.take(60, 30_000);
  expect([bucket.remaining(30_000), bucket.waitMs(1, 30_000), bucket.waitMs(1000, 30_000)]).toEqual([0, 1000, 60_000]);
  expect([bucket.remaining(40_500), bucket.resetMs(40_500)]).toEqual([10, 49_500]);
  expect(bucket.waitMs(10, 40_500)).toBe(0);
});
