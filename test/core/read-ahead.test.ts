import { expect, test } from "vitest";
import { ReadAhead } from "../../src/core/read-ahead.ts";
import { turn } from "../support/virtual-clock.ts";

const never = new AbortController().signal;

async function* endless(): AsyncGenerator<number> {
  for (let count = 0; ; count++) yield count;
}

/** Whether it has come by now. */
async function hasCome(promise: Promise<unknown>): Promise<boolean> {
  let isThere = false;
  promise.then(
    () => (isThere = true),
    () => (isThere = true),
  );
  await turn();
  return isThere;
}

test("no more is pulled than may wait, and more once some does no longer", async () => {
  const ahead = new ReadAhead(() => 10);
  const pulled = ahead.pull(endless(), never);
  await pulled.next();
  ahead.queue(4);
  await pulled.next();
  ahead.queue(6);
  const next = pulled.next();
  expect(await hasCome(next)).toBe(false);
  ahead.unqueue();
  expect(await next).toEqual({ done: false, value: 2 });
});

test("a limit that grows lets more in", async () => {
  let limit = 1;
  const ahead = new ReadAhead(() => limit);
  const pulled = ahead.pull(endless(), never);
  await pulled.next();
  ahead.queue(3);
  const next = pulled.next();
  expect(await hasCome(next)).toBe(false);
  limit = 3;
  ahead.unqueue();
  expect(await hasCome(next)).toBe(true);
});

test("who is busy with rows stops the calls once enough is answered; who waits for rows does not", async () => {
  const ahead = new ReadAhead(() => 3);
  for (let count = 0; count < 100; count++) ahead.answered();
  expect(await hasCome(ahead.mayAsk(never))).toBe(true);

  const rows = ahead.watch(endless());
  await rows.next();
  expect(await hasCome(ahead.mayAsk(never))).toBe(true);
  for (let count = 0; count < 3; count++) ahead.answered();
  const may = ahead.mayAsk(never);
  expect(await hasCome(may)).toBe(false);
  await rows.next();
  expect(await hasCome(may)).toBe(true);
});

test("all that waits ends with the signal", async () => {
  const ahead = new ReadAhead(() => 1);
  const stop = new AbortController();
  const pulled = ahead.pull(endless(), stop.signal);
  await pulled.next();
  ahead.queue(1);
  const rows = ahead.watch(endless());
  await rows.next();
  ahead.answered();
  const waits = [pulled.next(), ahead.mayAsk(stop.signal)];
  stop.abort(new Error("enough"));
  expect(await Promise.allSettled(waits)).toMatchObject([
    { reason: { message: "enough" } },
    { reason: { message: "enough" } },
  ]);
  await expect(ahead.mayAsk(stop.signal)).rejects.toThrow("enough");
});
