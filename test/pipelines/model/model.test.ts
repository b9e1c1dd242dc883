import fc from "fast-check";
import { beforeAll, describe, test, vi } from "vitest";
import { endpoints } from "../../../src/endpoints/index.ts";
import { formats } from "../../../src/formats/index.ts";
import { ledgers } from "../../../src/ledger/index.ts";
import { providers } from "../../../src/providers/index.ts";
import { Admission } from "../../../src/stages/admit.ts";
import { tokenizers } from "../../../src/tokens/index.ts";
import { beginnings, commands } from "./commands.ts";
import { Execution } from "./execution.ts";
import { countTokens } from "./questions.ts";
import { type Beginning, World } from "./world.ts";

/*
 * RUNS=5000 SEED=n for more and other sequences than the default; FC_PATH and REPLAY, as fast-check prints them, for one again; TRACE=1
 * tells all that happened in it.
 */
const { RUNS = "40", SEED = "1", FC_PATH, REPLAY, TRACE } = process.env;

/** Puts the world in the places that `grade` takes its surroundings from. */
function inhabit(getWorld: () => World): void {
  const current = () => {
    const execution = Execution.current;
    if (execution === undefined) throw new Error("no execution is running");
    return execution;
  };
  vi.spyOn(providers, "emulator").mockImplementation(async () => {
    return (settings) => current().createProvider(settings.signal) as never;
  });
  vi.spyOn(ledgers, "sqlite").mockImplementation(async () => {
    return (settings) => getWorld().openLedger(settings, current());
  });
  vi.spyOn(tokenizers, "o200k_base").mockImplementation(async () => ({ encoding: "o200k_base", count: countTokens }));
  vi.spyOn(Math, "random").mockImplementation(() => getWorld().random());
  const enter = Admission.prototype.enter;
  vi.spyOn(Admission.prototype, "enter").mockImplementation(async function (this: Admission, load) {
    const leave = await enter.call(this, load);
    if (leave !== undefined) current().onAdmitted(load.name, this.tokenLimit);
    return leave;
  });
}

async function inWorld(beginning: Beginning, live: (world: World) => Promise<void>): Promise<void> {
  const world = new World(beginning);
  inhabit(() => world);
  try {
    await live(world);
    await world.finish();
  } catch (error) {
    if (TRACE !== undefined) process.stderr.write(`${world.trace}\n`);
    throw error;
  } finally {
    for (const execution of world.living) execution.kill();
    await world.settle().catch(() => {});
    world.dispose();
    vi.restoreAllMocks();
  }
}

/** What is imported on demand, is imported by now: waiting for it is not to be seen from here. */
beforeAll(async () => {
  for (const loaders of [formats, endpoints]) for (const load of Object.values(loaders)) await load();
});

describe("the whole pipeline", () => {
  test(
    "whatever happens, each row comes out once and nothing is paid twice",
    async () => {
      const property = fc.asyncProperty(beginnings, commands(REPLAY), (beginning, some) =>
        inWorld(beginning, (world) => fc.asyncModelRun(() => ({ model: {}, real: world }), some)),
      );
      await fc.assert(property, {
        numRuns: Number(RUNS),
        seed: Number(SEED),
        ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
      });
    },
    Number(RUNS) * 6_000,
  );
});
