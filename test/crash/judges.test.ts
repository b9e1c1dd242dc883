import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import type { Failpoint } from "../../src/core/failpoints.ts";
import { endCalmly, killAt, undisturbed } from "./kill.ts";
import { jsonl } from "./rows.ts";
import { QUICK_FLAGS } from "./scenarios.ts";
import { inWorld, type WorldOptions } from "./world.ts";

vi.setConfig({ testTimeout: 60_000, maxConcurrency: 3 });

const input = jsonl([
  ...Array.from({ length: 5 }, (_, id) => ({ id, response: `text ${id}` })),
  { id: 5, response: "[[emulator:refuse]]" },
  { id: 6 },
  { id: 7, response: "text 1" },
]);

/** Two judges, two samples each: several chunks hold the requests of one row. */
const JUDGED: WorldOptions = {
  input,
  flags: [...QUICK_FLAGS, "--schema", "schema.json", "--meta", "--judge", "gpt-4,gpt-4-turbo", "--samples", "2"],
};

const POINTS: readonly Failpoint[] = [
  "requests.claim.after",
  "spool.write.after",
  "chunk.sealed.after",
  "call.create.after",
  "requests.record.after",
  "chunk.settled.after",
  "output.write.after",
];

const PROBE = fileURLToPath(new URL("../../fixtures/answers.jsonl", import.meta.url));
const PROBED: WorldOptions = { input, flags: [...QUICK_FLAGS, "--schema", "schema.json", "--meta", "--probe", PROBE] };

describe("a probe, whose requests are of one run alone", () => {
  const calm = undisturbed(PROBED);
  test.concurrent.each(["chunk.sealed.after", "call.create.after", "chunk.settled.after", "output.write.after"])(
    "killed at %s and run again: it is the same run, and asks nothing twice",
    async (failpoint) => {
      await inWorld(PROBED, async (world) => {
        await killAt(world, failpoint);
        expect(await endCalmly(world)).toEqual(await calm());
      });
    },
  );
});

describe("rows with several judges", () => {
  const calm = undisturbed(JUDGED);
  test.concurrent.each(POINTS)("killed at %s and run again: the same bytes and bill", async (failpoint) => {
    await inWorld(JUDGED, async (world) => {
      await killAt(world, failpoint);
      expect(await endCalmly(world)).toEqual(await calm());
    });
  });
});

const pairs = jsonl([
  ...Array.from({ length: 5 }, (_, id) => ({ id, response_a: `one ${id}`, response_b: `other ${id}` })),
  { id: 5, response_a: "[[emulator:refuse]]", response_b: "x" },
  { id: 6, response_a: "alone" },
]);
const PAIRED: WorldOptions = {
  input: pairs,
  flags: [...QUICK_FLAGS, "--prompt", "pairwise", "--meta", "--judge", "gpt-4,gpt-4-turbo"],
};

describe("pairs, asked in both orders by two judges", () => {
  const calm = undisturbed(PAIRED);
  test.concurrent.each(["requests.claim.after", "chunk.sealed.after", "call.create.after", "output.write.after"])(
    "killed at %s and run again: the same bytes and bill",
    async (failpoint) => {
      await inWorld(PAIRED, async (world) => {
        await killAt(world, failpoint);
        expect(await endCalmly(world)).toEqual(await calm());
      });
    },
  );
});
