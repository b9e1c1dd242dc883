import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { Failpoint } from "../../src/core/failpoints.ts";
import { endCalmly } from "./kill.ts";
import { jsonl } from "./rows.ts";
import { QUICK_FLAGS } from "./scenarios.ts";
import { type End, inWorld, type RunChoice, type World, type WorldOptions } from "./world.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 });

const FAILPOINTS: readonly Failpoint[] = [
  "requests.claim.after",
  "chunk.sealed.after",
  "chunk.creating.after",
  "call.create.after",
  "chunk.ended.before",
  "requests.record.after",
  "output.rename.before",
];

const shared = [
  { id: 1, response: "[[emulator:status=500,times=1]]" },
  { id: 2, response: "two" },
  { id: 3, response: "[[emulator:lose,times=1]]" },
  { id: 4, response: "[[emulator:refuse]]" },
  { id: 5, response: "[[emulator:invalid_answer,times=1]]" },
];
const own = (name: string) => [1, 2, 3, 4].map((id) => ({ id, response: `${name} ${id}` }));
const flags = [...QUICK_FLAGS, "--schema", "schema.json", "--chunk-rows", "3"];
// Long enough for the other process to come by while something is at work.
const emulator = { batchSeconds: 0.7 };

const FIRST: RunChoice = { rows: "first.jsonl", output: "first-out.jsonl", errors: "first-failed.jsonl" };
const SECOND: RunChoice = { rows: "second.jsonl", output: "second-out.jsonl", errors: "second-failed.jsonl" };

/** A world with two commands whose rows are the same in part. */
async function inWorldOfTwo<T>(work: (world: World) => Promise<T>): Promise<T> {
  return inWorld({ input: "", flags, emulator }, async (world) => {
    world.write("first.jsonl", jsonl([...own("first"), ...shared]));
    world.write("second.jsonl", jsonl([...own("second"), ...shared]));
    return work(world);
  });
}

/** What both commands have left, and what both have cost. */
async function findings(world: World, ends: readonly End[]) {
  const files = [FIRST, SECOND].flatMap(({ output = "", errors = "" }) => [world.read(output), world.read(errors)]);
  const billing = await (await world.emulatorView()).billing();
  return {
    statuses: ends.map(({ status }) => status),
    files,
    billing,
    states: Object.keys(world.ledger.chunkStates()),
  };
}

describe("two commands that have rows in common; one dies, the other goes on", () => {
  const oneAfterTheOther = inWorldOfTwo(async (world) => {
    const first = await world.start(FIRST).ended;
    return findings(world, [first, await world.start(SECOND).ended]);
  });

  test.concurrent.each(FAILPOINTS)("%s", async (failpoint) => {
    await inWorldOfTwo(async (world) => {
      const dying = world.start({ ...FIRST, failpoint });
      const living = world.start(SECOND);
      expect((await dying.ended).signal).toBe("SIGKILL");
      const second = await living.ended;
      const first = await world.start(FIRST).ended;
      expect(await findings(world, [first, second])).toEqual(await oneAfterTheOther);
    });
  });
});

describe("the same command twice, to stdout; one dies, the other goes on", () => {
  const input = jsonl([...own("first"), ...shared]);
  const options: WorldOptions = { input, flags, emulator, isPiped: true, hasErrorsFile: false };
  const alone = inWorld(options, endCalmly);

  test.concurrent.each<Failpoint>(["chunk.creating.after", "call.create.after", "requests.record.after"])(
    "%s",
    async (failpoint) => {
      await inWorld(options, async (world) => {
        const dying = world.start({ failpoint });
        // Whoever claims the rows first does the work.
        while (!dying.isOver() && world.ledger.workingFiles().length === 0) await delay(5);
        const living = world.start();
        expect((await dying.ended).signal).toBe("SIGKILL");
        const { output } = await world.findings(await living.ended);
        expect(output).toEqual((await alone).output);
        expect(await endCalmly(world)).toEqual(await alone);
      });
    },
  );
});
