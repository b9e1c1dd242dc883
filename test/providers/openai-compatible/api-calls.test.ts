import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { ApiCalls } from "../../../src/providers/openai-compatible/api-calls.ts";
import { isTransient, isUnclear, ProviderError } from "../../../src/providers/provider-error.ts";
import { eventually, VirtualClock } from "../../support/virtual-clock.ts";
import {
  API_KEY,
  deadAddress,
  drop,
  EventLog,
  errorOf,
  fileWith,
  json,
  providerAt,
  serve,
  wireBatch,
} from "./loopback.ts";

const REQUEST = { inputFileId: "file-1", endpoint: "/v1/chat/completions", chunkName: "c1" };

/** A server that can be switched off. */
async function switchable() {
  const service = { isDead: false };
  const { url, arrivals } = await serve((request, response) => {
    if (service.isDead) drop(request);
    else json(response, wireBatch());
  });
  return { service, url, arrivals };
}

describe("a provider that was never there", () => {
  test("is not waited for, however many call", async () => {
    const clock = new VirtualClock("manual");
    const log = new EventLog();
    const provider = providerAt(await deadAddress(), { clock, log });
    const calls = Array.from({ length: 20 }, () => errorOf(provider.retrieveBatch("b")));
    const errors = [...(await Promise.all(calls)), await errorOf(provider.upload(fileWith("x"), "x"))];
    expect(errors.every((error) => error instanceof ProviderError && error.exitStatus === 69)).toBe(true);
    expect(clock.sleeps).toEqual([]);
    expect(log.events).toEqual([]);
  });

  test("nor one at whose address another server answers", async () => {
    const clock = new VirtualClock("manual");
    const { url, arrivals } = await serve((_, response) => response.writeHead(404).end("<html>Not Found</html>"));
    const provider = providerAt(url, { clock });
    for (let count = 0; count < 20; count++) await errorOf(provider.retrieveBatch("b"));
    expect(arrivals).toHaveLength(20);
    expect(clock.sleeps).toEqual([]);
  });
});

describe("a provider that was there before", () => {
  test("and is no more is asked about once per cool-down, whoever wants what; then all goes on", async () => {
    const clock = new VirtualClock();
    const log = new EventLog();
    const { service, url, arrivals } = await switchable();
    const provider = providerAt(url, { clock, log });
    await provider.retrieveBatch("b");
    service.isDead = true;
    const persist = async (id: string) => {
      for (;;) {
        try {
          return await provider.retrieveBatch(id);
        } catch (error) {
          if (!isTransient(error)) throw error;
          await clock.sleep(1_000);
        }
      }
    };
    const work = Promise.all(Array.from({ length: 50 }, (_, index) => persist(`b${index}`)));
    await eventually(() => clock.elapsedMs > 600_000, 1_000_000);
    // 51 before it opened, and then at most seven growing cool-downs and one a minute; a third less, by jitter.
    expect(arrivals.length - 51).toBeLessThan(25);
    service.isDead = false;
    expect(await work).toHaveLength(50);
    const shown = log.events.filter((event) => event.includes("circuit"));
    expect(shown.at(0)).toBe("warn api.circuit_opened");
    expect(new Set(shown.slice(1, -1))).toEqual(new Set(["debug api.circuit_opened"]));
    expect(shown.at(-1)).toBe("info api.circuit_closed");
  });

  test("what was held back has not been sent: it is to be tried again, and not to be searched for", async () => {
    const clock = new VirtualClock("manual");
    const { service, url, arrivals } = await switchable();
    const provider = providerAt(url, { clock });
    await provider.createBatch(REQUEST);
    service.isDead = true;
    for (let count = 0; count < 5; count++) await errorOf(provider.createBatch(REQUEST));
    const creates = Array.from({ length: 3 }, () => errorOf(provider.createBatch(REQUEST)));
    await eventually(() => clock.sleeperCount === 3);
    await clock.advance(1_000);
    const errors = await Promise.all(creates);
    expect(arrivals).toHaveLength(7);
    expect(errors.map(isTransient)).toEqual([true, true, true]);
    expect(errors.map(isUnclear).sort()).toEqual([false, false, true]);
    expect(errors[2]?.message).toContain('"create batch" was held back, as the last call failed: test did not answer');
  });

  test("an abort ends the wait", async () => {
    const stop = new AbortController();
    const { service, url } = await switchable();
    const provider = providerAt(url, { clock: new VirtualClock("manual"), signal: stop.signal });
    await provider.createBatch(REQUEST);
    service.isDead = true;
    for (let count = 0; count < 5; count++) await errorOf(provider.createBatch(REQUEST));
    const held = errorOf(provider.createBatch(REQUEST));
    stop.abort(new Error("SIGINT"));
    expect((await held).message).toBe("SIGINT");
  });

  test("a 429 makes all calls of its kind wait as long as it says, and no others", async () => {
    const clock = new VirtualClock("manual");
    let isLimited = true;
    const { url, arrivals } = await serve((request, response) => {
      if (request.method === "GET") return json(response, wireBatch());
      response.setHeader("retry-after", isLimited ? "20" : "");
      return json(response, isLimited ? { error: { message: "slow down" } } : wireBatch(), isLimited ? 429 : 200);
    });
    const provider = providerAt(url, { clock });
    expect(await errorOf(provider.createBatch(REQUEST))).toMatchObject({ kind: "rate_limited", retryAfterMs: 20_000 });
    isLimited = false;
    const creates = Promise.all([provider.createBatch(REQUEST), provider.createBatch(REQUEST)]);
    await provider.retrieveBatch("b");
    await eventually(() => clock.sleeperCount === 2);
    await clock.advance(19_999);
    expect(arrivals).toHaveLength(2);
    void clock.advance(2_000);
    expect(await creates).toHaveLength(2);
  });
});

test("what fails for a reason of our own does not count as the provider's failure", async () => {
  const log = new EventLog();
  const settings = { baseUrl: "", apiKey: API_KEY, isEmbedded: false, log, clock: systemClock };
  const calls = new ApiCalls(
    { provider: "test", apiKey: API_KEY },
    { ...settings, signal: new AbortController().signal },
    { firstMs: 50, maxMs: 1_000, createTimeoutMs: 2_000, listLagMs: 2_500 },
  );
  await calls.once("read", async () => "answer");
  for (let count = 0; count < 20; count++) {
    await errorOf(calls.once("read", () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }))));
  }
  expect(log.events).toEqual([]);
  expect(await calls.once("read", async () => "answer")).toBe("answer");
});
