import { expect, test, vi } from "vitest";
import { DURABLE_STEPS, type Failpoint } from "../../src/core/failpoints.ts";
import { endCalmly, endsAfter, killAt, undisturbed } from "./kill.ts";
import { FILES } from "./scenarios.ts";
import { inWorld } from "./world.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 });

const FAILPOINTS = DURABLE_STEPS.flatMap((step): Failpoint[] => [`${step}.before`, `${step}.after`]);

const calm = undisturbed(FILES);

test.concurrent.each(FAILPOINTS)("killed at %s and run again: the same bytes and bill", async (failpoint) => {
  await inWorld(FILES, async (world) => {
    await killAt(world, failpoint);
    expect(await endCalmly(world)).toEqual(await calm(endsAfter(failpoint)));
  });
});
