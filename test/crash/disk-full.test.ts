import { mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { DURABLE_STEPS, type DurableStep } from "../../src/core/failpoints.ts";
import { endCalmly, undisturbed } from "./kill.ts";
import { expectClearRefusal } from "./refusal.ts";
import { jsonl } from "./rows.ts";
import { FILES, QUICK_FLAGS } from "./scenarios.ts";
import { inWorld, type WorldOptions } from "./world.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 });

/** A run that cannot note that the provider's files are gone is not the worse for it. */
const TIDYING: DurableStep = "chunk.cleaned";
const WRITING = DURABLE_STEPS.filter((step) => !step.startsWith("call.") && step !== TIDYING);

/** Each refuses in the same way: `ALL=1` is for whoever changes that. */
const STRIDE = process.env["ALL"] === undefined ? 3 : 1;

const FAILURES = [
  ...WRITING.filter((_, index) => index % STRIDE === 0).map((step) => `${step}.before=ENOSPC`),
  "chunk-file.sync.before=EIO",
  "chunk.submitted.before=EIO",
  "result-file.rename.before=EIO",
  "spool.write.before=EROFS",
  "run.close.before=EROFS",
];

const calm = undisturbed(FILES);

test.concurrent.each(FAILURES)("%s: says so, and goes on when there is room again", async (failure) => {
  await inWorld(FILES, async (world) => {
    expectClearRefusal(await world.run(failure));
    expect(await endCalmly(world)).toEqual(await calm());
  });
});

test(`${TIDYING}: done all the same`, async () => {
  await inWorld(FILES, async (world) => {
    expect((await world.run(`${TIDYING}.before=EROFS`)).status).toBe(1);
    expect(await endCalmly(world)).toEqual(await calm(2));
  });
});

describe("no file may be larger than so many KiB", () => {
  const response = "a sentence that takes some room. ".repeat(120);
  const input = jsonl(Array.from({ length: 40 }, (_, id) => ({ id, response: `${id} ${response}` })));
  const options: WorldOptions = { input, flags: [...QUICK_FLAGS, "--chunk-rows", "10"] };
  const calmWithMuchText = undisturbed(options);

  test.concurrent.each([1, 32, 100])("%i", async (kibibytes) => {
    await inWorld(options, async (world) => {
      expectClearRefusal(await world.runWithin(kibibytes));
      expect(await endCalmly(world)).toEqual(await calmWithMuchText());
    });
  });
});

describe("the state directory cannot be had", () => {
  test.concurrent.each(["file", "file/below", "/dev/full", "/dev/full/below", "/proc/bg-pipe", "/dev/null"])(
    "%s",
    async (place) => {
      await inWorld({ ...FILES, stateDirectory: place }, async (world) => {
        writeFileSync(world.path("file"), "in the way");
        expectClearRefusal(await world.run());
        expect(world.read("file")).toBe("in the way");
      });
    },
  );
});

test.concurrent.each(["chunks", "results", "runs"])("a file is where state/%s should be", async (place) => {
  await inWorld(FILES, async (world) => {
    mkdirSync(world.path("state/runs"), { recursive: true });
    rmSync(world.path(`state/${place}`), { recursive: true, force: true });
    world.write(`state/${place}`, "in the way");
    expectClearRefusal(await world.run());
    rmSync(world.path(`state/${place}`));
    expect(await endCalmly(world)).toEqual(await calm());
  });
});

test.concurrent.each(["out.jsonl", "failed.jsonl"])("%s is a full device: says so, and pays once", async (name) => {
  await inWorld(FILES, async (world) => {
    symlinkSync("/dev/full", world.path(name));
    expectClearRefusal(await world.run());
    unlinkSync(world.path(name));
    expect(await endCalmly(world)).toEqual(await calm());
  });
});
