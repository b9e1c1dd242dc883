import { afterEach, describe, expect, test } from "vitest";
import { armFailpoints, DURABLE_STEPS, durableStep, durableStepAsync } from "../../src/core/failpoints.ts";

afterEach(() => armFailpoints(undefined));

/** Notes what is met, and throws at one place. */
function arm(events: string[], failAt?: string): void {
  armFailpoints((name) => {
    events.push(name);
    if (name === failAt) throw new Error(`struck at ${name}`);
  });
}

/** A step that notes when its work is done. */
const kinds = [
  { kind: "durableStep", run: async (work: () => number) => durableStep("call.create", work) },
  {
    kind: "durableStepAsync",
    run: (work: () => number) =>
      durableStepAsync("call.create", async () => {
        await Promise.resolve();
        return work();
      }),
  },
];

test("each step has a name of its own, in words that an environment variable can say", () => {
  expect(new Set(DURABLE_STEPS).size).toBe(DURABLE_STEPS.length);
  expect(DURABLE_STEPS.filter((step) => !/^[a-z-]+\.[a-z-]+$/.test(step))).toEqual([]);
});

describe.each(kinds)("$kind", ({ run }) => {
  test("gives what the work gives; unarmed, nothing else happens", async () => {
    expect(await run(() => 7)).toBe(7);
  });

  test("meets its two failpoints, one before the work and one after", async () => {
    const events: string[] = [];
    arm(events);
    await run(() => events.push("work"));
    expect(events).toEqual(["call.create.before", "work", "call.create.after"]);
  });

  test("struck before, the work is not done; struck after, it is", async () => {
    const before: string[] = [];
    arm(before, "call.create.before");
    await expect(run(() => before.push("work"))).rejects.toThrow("struck at call.create.before");
    expect(before).toEqual(["call.create.before"]);
    const after: string[] = [];
    arm(after, "call.create.after");
    await expect(run(() => after.push("work"))).rejects.toThrow("struck at call.create.after");
    expect(after).toEqual(["call.create.before", "work", "call.create.after"]);
  });

  test("work that fails is not followed by the failpoint after it, and its error is the one that is told", async () => {
    const events: string[] = [];
    arm(events);
    const failing = run(() => {
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    expect(events).toEqual(["call.create.before"]);
  });

  test("disarmed, it goes on as ever", async () => {
    const events: string[] = [];
    arm(events, "call.create.before");
    armFailpoints(undefined);
    expect(await run(() => 7)).toBe(7);
    expect(events).toEqual([]);
  });
});

test("armed while work is under way, the failpoint after it is met", async () => {
  const events: string[] = [];
  const work = Promise.withResolvers<number>();
  const step = durableStepAsync("call.upload", () => work.promise);
  arm(events);
  work.resolve(7);
  expect(await step).toBe(7);
  expect(events).toEqual(["call.upload.after"]);
});
