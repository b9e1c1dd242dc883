import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapOrdered } from "../../src/core/ordered-map.ts";
import { filter, map, pipeline, readRows, writeRows } from "../../src/index.ts";
import { fileOf, Kept, Numbers } from "./collect.ts";

const signal = new AbortController().signal;

describe("order and concurrency", () => {
  test("results come in the order of the rows, with no more calls at a time than said", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(3), { maxLength: 9 })),
        fc.integer({ min: 1, max: 5 }),
        async (arrays, concurrency) => {
          let running = 0;
          let most = 0;
          const work = async (delay: number) => {
            most = Math.max(most, ++running);
            for (let i = 0; i < delay; i++) await setImmediate();
            running--;
            return delay;
          };
          const source = (async function* () {
            yield* arrays;
          })();
          const results = await Array.fromAsync(mapOrdered(source, { concurrency, signal }, work));
          expect(results.flat()).toEqual(arrays.flat());
          expect(most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 60 },
    ));

  test("calls do run at a time: five that wait for each other", async () => {
    const all = Promise.withResolvers<void>();
    let waiting = 0;
    const work = async (row: { n: number }) => {
      if (++waiting === 5) all.resolve();
      await all.promise;
      return row;
    };
    expect(await Array.fromAsync(map(work, { concurrency: 5 })(new Numbers(5)))).toHaveLength(5);
  });

  test("what the rows are taken by limits how many are read", async () => {
    const numbers = new Numbers(1000);
    for await (const row of map((n: object) => n)(numbers)) if (Reflect.get(row, "n") === 9) break;
    expect(numbers.taken).toBeLessThan(13);
    expect(numbers.isClosed).toBe(true);
  });

  test.each([0, 1.5, Number.NaN])("a concurrency of %s is refused", (concurrency) => {
    expect(() => map((row: object) => row, { concurrency })).toThrow("concurrency");
  });
});

describe("what a function gives", () => {
  test("a row, several or none", async () => {
    const kept = new Kept();
    const report = await pipeline(
      new Numbers(4),
      map(({ n }) => (n === 0 ? null : Array.from({ length: n }, () => ({ n })))),
      filter(({ n }) => n !== 2),
      filter(async ({ n }) => n !== 9),
      writeRows(kept),
    );
    expect(kept.text).toBe('{"n":1}\n{"n":3}\n{"n":3}\n{"n":3}\n');
    expect(report.rows).toEqual({ read: 4, unreadable: 0, dropped: 3, written: 4, failed: 0 });
  });

  test("undefined is a mistake, and not a row left out", async () => {
    const forgetful = map((row: object) => (Reflect.get(row, "a") === 2 ? (undefined as never) : row));
    const path = fileOf('{"a":1}\n{"a":2}\n');
    await expect(pipeline(readRows(path), forgetful, writeRows(new Kept()))).rejects.toThrow(`${path}:2: the function`);
  });

  test.each([1, 4])("what it throws ends the pipeline by the row's place, and closes the source (%s)", async (n) => {
    const numbers = new Numbers(100);
    const fails = map(
      async (row: { n: number }) => {
        if (row.n === 5) throw new RangeError("five");
        return row;
      },
      { concurrency: n },
    );
    await expect(pipeline(numbers, fails, writeRows(new Kept()))).rejects.toMatchObject({
      message: expect.stringContaining("the function threw: five"),
      cause: expect.any(RangeError),
    });
    expect(numbers.isClosed).toBe(true);
  });
});

describe("a signal", () => {
  test("ends a function that waits, and is told to it", async () => {
    const stop = new AbortController();
    const numbers = new Numbers(100);
    let told: AbortSignal | undefined;
    const hangs = map((_: object, context) => {
      told = context.signal;
      stop.abort(new Error("enough"));
      return new Promise<object>(() => {});
    });
    await expect(pipeline(numbers, hangs, writeRows(new Kept()), { signal: stop.signal })).rejects.toThrow("enough");
    expect(told?.aborted).toBe(true);
  });

  test("that has aborted before lets nothing be read", async () => {
    const numbers = new Numbers(100);
    const end = pipeline(numbers, writeRows(new Kept()), { signal: AbortSignal.abort(new Error("never")) });
    await expect(end).rejects.toThrow("never");
    expect(numbers.taken).toBe(0);
  });
});
