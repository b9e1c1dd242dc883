import { describe, expect, test } from "vitest";
import { type RetryOptions, retry } from "../../src/core/retry.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

class Passing extends Error {}

function options(given: Partial<Omit<RetryOptions, "clock">> = {}, clock = new VirtualClock()) {
  return {
    clock,
    backoff: { firstMs: 100, factor: 2, maxMs: 1_000, jitter: 0 },
    retries: 4,
    isTransient: (error: unknown) => error instanceof Passing,
    signal: new AbortController().signal,
    ...given,
  };
}

/** A task that fails so often before it succeeds. */
function failing(times: number, error: Error = new Passing("not now")) {
  const task = { runs: 0, run: async () => (task.runs++ < times ? Promise.reject(error) : "done") };
  return task;
}

describe("retry", () => {
  test("tries again after growing waits, and tells of each", async () => {
    const task = failing(3);
    const told: unknown[] = [];
    const given = options({ onRetry: (error, attempt, delayMs) => told.push([String(error), attempt, delayMs]) });
    expect(await retry(task.run, given)).toBe("done");
    expect(given.clock.sleeps).toEqual([100, 200, 400]);
    expect(told).toEqual([1, 2, 3].map((attempt) => ["Error: not now", attempt, 50 * 2 ** attempt]));
  });

  test("gives up after that many retries with the last error", async () => {
    const task = failing(99);
    await expect(retry(task.run, options())).rejects.toThrow("not now");
    expect(task.runs).toBe(5);
  });

  test("does not repeat what will not pass", async () => {
    const task = failing(99, new Error("never"));
    await expect(retry(task.run, options())).rejects.toThrow("never");
    expect(task.runs).toBe(1);
  });

  test("waits as long as it was asked to, if that is longer", async () => {
    const given = options({ requestedDelayMs: () => 300 });
    await retry(failing(3).run, given);
    expect(given.clock.sleeps).toEqual([300, 300, 400]);
  });

  test("an abort ends the wait, and no try is made after it", async () => {
    const stop = new AbortController();
    const task = failing(99);
    const work = retry(task.run, options({ signal: stop.signal }, new VirtualClock("manual")));
    await Promise.resolve();
    stop.abort(new Error("stop"));
    await expect(work).rejects.toThrow("stop");
    await expect(retry(task.run, options({ signal: stop.signal }))).rejects.toThrow("stop");
    expect(task.runs).toBe(1);
  });
});
