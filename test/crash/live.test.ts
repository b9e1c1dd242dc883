import { describe, expect, test, vi } from "vitest";
import { type DurableStep, type Failpoint, LIVE_STEPS } from "../../src/core/failpoints.ts";
import { endCalmly, endsAfter, killAt, undisturbed } from "./kill.ts";
import { Random } from "./random.ts";
import { killRepeatedly } from "./random-kills.ts";
import { expectClearRefusal } from "./refusal.ts";
import { jsonl } from "./rows.ts";
import { inWorld, type WorldOptions } from "./world.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 });

const ROWS = [
  jsonl([
    { id: 1, response: "one" },
    { id: 2, response: "[[emulator:status=500,times=1]]" },
    { id: 3, response: "[[emulator:invalid_answer,times=1]]" },
    { id: 4, response: "[[emulator:refuse]]" },
  ]),
  "{bad\n",
  jsonl([
    { id: 1, response: "one" },
    { id: 6, response: "[[emulator:invalid_answer]]" },
    { id: 7, response: "[[emulator:status=400]]" },
    { id: 8 },
    { id: 9, response: "nine" },
  ]),
].join("");

const flags = ["--mode", "live", "--model", "gpt-4", "--retries", "1", "--schema", "schema.json", "--meta"];

/** One call at a time, so that nothing is under way at the steps between two of them. */
const ONE_BY_ONE: WorldOptions = { input: ROWS, flags: [...flags, "--concurrency", "1"] };

/** Those of its own, and those around them; the rest is as in batch mode, where all are tried. */
const STEPS: readonly DurableStep[] = [
  ...LIVE_STEPS,
  "spool.write",
  "chunk.sealed",
  "result-file.add",
  "requests.record",
  "chunk.settled",
  "output.write",
  "output.rename",
  "run.close",
];
const FAILPOINTS = STEPS.flatMap((step): Failpoint[] => [`${step}.before`, `${step}.after`]);

/** Here a reply that was paid for is not on the disk yet. */
const PAID_IN_VAIN: ReadonlySet<Failpoint> = new Set<Failpoint>(["call.ask.after", "reply.write.before"]);

describe("one call at a time", () => {
  const calm = undisturbed(ONE_BY_ONE);

  test.concurrent.each(FAILPOINTS)("killed at %s and run again: the same bytes and bill", async (failpoint) => {
    await inWorld(ONE_BY_ONE, async (world) => {
      await killAt(world, failpoint);
      const { billing, told, ...found } = await endCalmly(world);
      const { billing: calmBilling, told: calmTold, ...expected } = await calm(endsAfter(failpoint));
      expect(found).toEqual(expected);
      expect(told).toEqual(calmTold);
      const extra = PAID_IN_VAIN.has(failpoint) ? 1 : 0;
      expect(billing.requests).toBe(calmBilling.requests + extra);
    });
  });

  test.concurrent.each([
    ["call.ask.after", "reply.write.after"],
    ["reply.write.after:2", "requests.record.before"],
    ["requests.record.before:3", "requests.record.before"],
    ["chunk.asking.after:2", "chunk.settled.before"],
  ])("killed at %s, then at %s", async (first, second) => {
    await inWorld(ONE_BY_ONE, async (world) => {
      await killAt(world, first);
      await killAt(world, second);
      const { billing, ...found } = await endCalmly(world);
      const { billing: calmBilling, ...expected } = await calm();
      expect(found).toEqual(expected);
      expect(billing.requests).toBe(calmBilling.requests + (first.startsWith("call.ask") ? 1 : 0));
    });
  });

  test.concurrent.each([
    "reply.write.before=ENOSPC",
    "reply.write.before:3=EIO",
    "chunk.asking.before=ENOSPC",
    "requests.record.before=EROFS",
  ])("%s: says so, and goes on when there is room again", async (failure) => {
    await inWorld(ONE_BY_ONE, async (world) => {
      expectClearRefusal(await world.run(failure));
      const { billing, ...found } = await endCalmly(world);
      const { billing: calmBilling, ...expected } = await calm();
      expect(found).toEqual(expected);
      // The reply that there was no room for.
      expect(billing.requests).toBeLessThanOrEqual(calmBilling.requests + 1);
    });
  });
});

describe("several calls at a time", () => {
  const CONCURRENCY = 4;
  const KILLS = 5;
  const rows = Array.from({ length: 150 }, (_, id) => ({ id, response: `text ${id}` }));
  const options: WorldOptions = {
    input: ROWS + jsonl(rows),
    flags: [...flags, "--chunk-rows", "20", "--concurrency", `${CONCURRENCY}`],
    emulator: { liveSeconds: 0.03 },
  };

  test("killed again and again: the same bytes, and few calls twice", async () => {
    const calm = await undisturbed(options)();
    await inWorld(options, async (world) => {
      const kills = await killRepeatedly(world, { random: new Random(7), killsAtMost: KILLS, calmMs: 1500 });
      expect(kills.length).toBeGreaterThan(2);
      const { billing, told, ...found } = await endCalmly(world);
      const { billing: calmBilling, told: calmTold, ...expected } = calm;
      expect(found).toEqual(expected);
      expect(told).toEqual(calmTold);
      expect(billing.requests).toBeLessThanOrEqual(calmBilling.requests + kills.length * CONCURRENCY);
    });
  });
});

test("killed live and gone on with in batches, and the other way round: the same answers, paid for once", async () => {
  const batch = { ...ONE_BY_ONE, flags: ONE_BY_ONE.flags.filter((flag) => flag !== "--mode" && flag !== "live") };
  expect(batch.flags).not.toContain("live");
  const calm = await undisturbed(ONE_BY_ONE)();
  await inWorld(ONE_BY_ONE, async (world) => {
    await killAt(world, "requests.record.after:3");
    world.flags = batch.flags;
    await killAt(world, "call.create.after");
    world.flags = ONE_BY_ONE.flags;
    await killAt(world, "chunk.settled.before");
    const { output, billing } = await endCalmly(world);
    expect(output).toHaveLength(calm.output.length);
    expect(answersIn(output)).toEqual(answersIn(calm.output));
    expect(billing.requests).toBe(calm.billing.requests);
  });
});

function answersIn(output: readonly string[]): readonly unknown[] {
  return output
    .filter((line) => line !== "")
    .map((line) => {
      const { grade_meta: _, ...row } = JSON.parse(line);
      return row;
    });
}
