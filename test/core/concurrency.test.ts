import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Change, forEachConcurrent } from "../../src/core/concurrency.ts";
import { turn } from "../support/virtual-clock.ts";

async function* itemsOf<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A source that gives some items and then waits for ever, unless it is told to stop. */
async function* endless<T>(stop: AbortController, ...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
  await new Promise((_, reject) => stop.signal.addEventListener("abort", () => reject(stop.signal.reason)));
}

describe("forEachConcurrent", () => {
  test("works on each item once, and never on more than the limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (turns, limit) => {
        const done: number[] = [];
        let active = 0;
        let most = 0;
        const stop = new AbortController();
        await forEachConcurrent(itemsOf(...turns.entries()), { limit, stop }, async ([index, count]) => {
          most = Math.max(most, ++active);
          for (let left = count; left > 0; left--) await turn();
          active--;
          done.push(index);
        });
        expect(done.toSorted((a, b) => a - b)).toEqual([...turns.keys()]);
        expect(most).toBeLessThanOrEqual(limit);
        expect(stop.signal.aborted).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test("pulls no item that it has no room for", async () => {
    const work = Promise.withResolvers<void>();
    const { promise: first, resolve: finishFirst } = Promise.withResolvers<void>();
    let pulled = 0;
    async function* source() {
      for (; pulled < 10; ) yield pulled++;
    }
    const all = forEachConcurrent(source(), { limit: 3, stop: new AbortController() }, (item) =>
      item === 0 ? first : work.promise,
    );
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(pulled).toBe(3);
    finishFirst();
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(pulled).toBe(4);
    work.resolve();
    await all;
    expect(pulled).toBe(10);
  });

  test("failing work ends a source that waits, and is what is thrown", async () => {
    const stop = new AbortController();
    const failing = Promise.withResolvers<void>();
    const all = forEachConcurrent(endless(stop, 1), { limit: 2, stop }, () => failing.promise);
    await turn();
    failing.reject(new Error("work failed"));
    await expect(all).rejects.toThrow("work failed");
    expect(stop.signal.reason).toMatchObject({ message: "work failed" });
  });

  test("what is under way is waited for", async () => {
    const stop = new AbortController();
    let finished = 0;
    const all = forEachConcurrent(itemsOf(0, 1, 2), { limit: 3, stop }, async (item) => {
      if (item === 0) throw new Error("first");
      for (let turns = 0; turns < 20; turns++) await turn();
      finished++;
    });
    await expect(all).rejects.toThrow("first");
    expect(finished).toBeGreaterThan(0);
  });

  test("after a failure no further item is taken, and the source is closed", async () => {
    const stop = new AbortController();
    let isClosed = false;
    let taken = 0;
    async function* source() {
      try {
        for (let item = 0; item < 100; item++) yield item;
      } finally {
        isClosed = true;
      }
    }
    const all = forEachConcurrent(source(), { limit: 1, stop }, async () => {
      taken++;
      throw new Error("no");
    });
    await expect(all).rejects.toThrow("no");
    expect({ taken, isClosed }).toEqual({ taken: 1, isClosed: true });
  });

  test("a failing source stops the work", async () => {
    const stop = new AbortController();
    async function* source() {
      yield 1;
      throw new Error("source failed");
    }
    const all = forEachConcurrent(source(), { limit: 2, stop }, async () => {
      while (!stop.signal.aborted) await turn();
    });
    await expect(all).rejects.toThrow("source failed");
  });

  test("the first failure is the one that is told", async () => {
    const stop = new AbortController();
    const all = forEachConcurrent(itemsOf(0, 1), { limit: 2, stop }, async (item) => {
      if (item === 0) for (let turns = 0; turns < 5; turns++) await turn();
      throw new Error(`failure of ${item}`);
    });
    await expect(all).rejects.toThrow("failure of 1");
  });

  test("work that throws at once, without a promise, is a failure like any other", async () => {
    const stop = new AbortController();
    const all = forEachConcurrent(itemsOf(0), { limit: 2, stop }, () => {
      throw new Error("at once");
    });
    await expect(all).rejects.toThrow("at once");
    expect(stop.signal.aborted).toBe(true);
  });
});

describe("Change", () => {
  test("wakes all who wait, once", async () => {
    const change = new Change();
    const never = new AbortController().signal;
    const waits = [change.next(never), change.next(never)];
    change.notify();
    await Promise.all(waits);
    let isAwake = false;
    void change.next(never).then(() => (isAwake = true));
    await turn();
    expect(isAwake).toBe(false);
  });

  test("an abort ends the wait of one, and leaves the others", async () => {
    const change = new Change();
    const stop = new AbortController();
    const aborted = change.next(stop.signal);
    const other = change.next(new AbortController().signal);
    stop.abort(new Error("stop"));
    await expect(aborted).rejects.toThrow("stop");
    await expect(change.next(stop.signal)).rejects.toThrow("stop");
    change.notify();
    await other;
  });
});
