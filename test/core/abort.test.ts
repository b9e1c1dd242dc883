import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { aborted, unlessAborted } from "../../src/core/abort.ts";
import { turn } from "../support/virtual-clock.ts";

const reason = new Error("stop");

describe("unlessAborted", () => {
  test("gives what the promise gives, and no longer listens", async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(unlessAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    await turn();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("throws the reason, whatever it is, when the signal aborts first", async () => {
    for (const why of [reason, "a word", 0]) {
      const stop = new AbortController();
      const waiting = unlessAborted(new Promise(() => {}), stop.signal);
      stop.abort(why);
      await expect(waiting).rejects.toBe(why);
    }
  });

  test("throws at once when it has aborted already, even if the promise is there", async () => {
    await expect(unlessAborted(Promise.resolve(7), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("a promise that fails after the abort is nobody's unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    const stop = new AbortController();
    const late = Promise.withResolvers<void>();
    const waiting = unlessAborted(late.promise, stop.signal);
    stop.abort(reason);
    late.reject(new Error("late"));
    await expect(waiting).rejects.toBe(reason);
    for (let turns = 0; turns < 5; turns++) await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  test("an abort after the promise changes nothing", async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(Promise.resolve(7), stop.signal);
    await turn();
    stop.abort(reason);
    expect(await waiting).toBe(7);
  });
});

describe("aborted", () => {
  test("does not end before the signal aborts, and then with its reason", async () => {
    const stop = new AbortController();
    let isOver = false;
    const waiting = aborted(stop.signal).catch((error: unknown) => {
      isOver = true;
      return error;
    });
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(isOver).toBe(false);
    stop.abort(reason);
    expect(await waiting).toBe(reason);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });

  test("ends at once when it has aborted already", async () => {
    await expect(aborted(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
