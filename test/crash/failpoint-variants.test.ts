import { describe, expect, test, vi } from "vitest";
import type { Failpoint } from "../../src/core/failpoints.ts";
import { endCalmly, killAt, undisturbed } from "./kill.ts";
import { jsonl } from "./rows.ts";
import { DETACHED, FILES, PIPED, QUICK_FLAGS } from "./scenarios.ts";
import { inWorld, type WorldOptions } from "./world.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 });

/** The points behind which something is at the provider, or on this disk, that was not there before. */
const TURNING_POINTS: readonly Failpoint[] = ["chunk.creating.after", "call.create.after", "call.download.after"];

const variants: Readonly<Record<string, WorldOptions>> = {
  "from stdin to stdout, by completion, on an embedded emulator": PIPED,
  "submitted, left and collected": DETACHED,
};

for (const [name, options] of Object.entries(variants)) {
  describe(name, () => {
    const calm = undisturbed(options);
    test.concurrent.each(TURNING_POINTS)("%s", async (failpoint) => {
      await inWorld(options, async (world) => {
        await killAt(world, failpoint);
        expect(await endCalmly(world)).toEqual(await calm());
      });
    });
  });
}

test("killed when all of a chunk is recorded, and some of it to be asked again: the chunk is not forgotten", async () => {
  const input = jsonl([{ response: "one" }, { response: "[[emulator:status=500,times=1]]" }]);
  const options = { input, flags: QUICK_FLAGS };
  await inWorld(options, async (world) => {
    await killAt(world, "chunk.settled.before");
    expect(await endCalmly(world)).toEqual(await undisturbed(options)());
  });
});

test("killed late, by completion: no row that waited stays on the disk", async () => {
  await inWorld(PIPED, async (world) => {
    await killAt(world, "chunk.settled.after:5");
    expect(await endCalmly(world)).toEqual(await undisturbed(PIPED)());
  });
});

test("run again when all is answered, by completion: the same bytes and bill", async () => {
  const input = `{bad\n${jsonl(Array.from({ length: 12 }, (_, id) => ({ id, response: `text ${id}` })))}`;
  const options = { input, flags: [...FILES.flags, "--order", "completion"], isOrdered: false };
  await inWorld(options, async (world) => {
    const first = await endCalmly(world);
    expect(await endCalmly(world)).toEqual(first);
  });
});

describe("the second run dies, too", () => {
  const calm = undisturbed(FILES);
  test.concurrent.each([
    ["chunk.sealed.after", "chunk.sealed.after"],
    ["call.create.after", "call.create.before"],
    ["requests.record.before:2", "requests.record.before:2"],
    ["requests.claim.after:2", "requests.claim.after:2"],
    ["chunk.settled.after", "chunk.settled.after:2"],
    ["output.rename.before", "output.rename.before:2"],
  ])("%s, then %s", async (first, second) => {
    await inWorld(FILES, async (world) => {
      await killAt(world, first);
      await killAt(world, second);
      expect(await endCalmly(world)).toEqual(await calm());
    });
  });
});
