import { expect, test } from "vitest";
import { Handoff } from "../../src/core/handoff.ts";

const never = new AbortController().signal;

test("hands over in order, and who puts waits for who takes", async () => {
  const handoff = new Handoff<number>(never);
  const put: number[] = [];
  const putting = (async () => {
    for (const item of [1, 2, 3, 4]) {
      await handoff.put(item);
      put.push(item);
    }
    handoff.end();
  })();
  await new Promise(setImmediate);
  expect(put).toEqual([1]);
  const taken: number[] = [];
  for await (const item of handoff) {
    taken.push(item);
    expect(put.length - taken.length).toBeLessThanOrEqual(1);
  }
  await putting;
  expect(taken).toEqual([1, 2, 3, 4]);
});

test("a failure comes behind what was put before it", async () => {
  const handoff = new Handoff<number>(never);
  await handoff.put(1);
  handoff.fail(new Error("enough"));
  const taken: number[] = [];
  const taking = (async () => {
    for await (const item of handoff) taken.push(item);
  })();
  await expect(taking).rejects.toThrow("enough");
  expect(taken).toEqual([1]);
});

test("a signal ends the waiting of both", async () => {
  const stop = new AbortController();
  const handoff = new Handoff<number>(stop.signal);
  await handoff.put(1);
  const putting = handoff.put(2);
  const empty = new Handoff<number>(stop.signal);
  const taking = empty[Symbol.asyncIterator]().next();
  stop.abort(new Error("stop"));
  await expect(putting).rejects.toThrow("stop");
  await expect(taking).rejects.toThrow("stop");
});
