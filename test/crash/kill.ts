import type { Failpoint } from "../../src/core/failpoints.ts";
import { type Findings, inWorld, type World, type WorldOptions } from "./world.ts";

/** The exit statuses of a run that leaves work at the provider, and of one that did not reach it. */
export const UNFINISHED = 75;
const UNREACHABLE = 69;
const RUNS_AT_MOST = 20;

/**
 * Runs the command with a failpoint until it has died there. One that leaves work at the provider is run again, since
 * it may come to the failpoint later.
 *
 * @throws {Error} when it ends without having come to the failpoint
 */
export async function killAt(world: World, failpoint: string): Promise<void> {
  for (let run = 0; run < RUNS_AT_MOST; run++) {
    const end = await world.run(failpoint);
    if (end.signal === "SIGKILL") return;
    if (end.status !== UNFINISHED) throw new Error(`${failpoint} was not come to: ${JSON.stringify(end)}`);
  }
  throw new Error(`${failpoint} was not come to in ${RUNS_AT_MOST} runs`);
}

/**
 * Runs the command undisturbed, and again while there is work at the provider.
 *
 * @returns what is there in the end
 * @throws {Error} when it does not come to an end
 */
export async function endCalmly(world: World): Promise<Findings & { readonly leftovers: Leftovers }> {
  for (let run = 0; run < RUNS_AT_MOST; run++) {
    const end = await world.run();
    if (end.status === 0 || end.status === 1) {
      return { ...(await world.findings(end)), leftovers: await leftovers(world) };
    }
    if (end.status !== UNFINISHED && end.status !== UNREACHABLE) throw new Error(`no end: ${JSON.stringify(end)}`);
  }
  throw new Error(`still unfinished after ${RUNS_AT_MOST} runs`);
}

/** What is of no more use after the end. */
export interface Leftovers {
  /** Of half-filled chunks, waiting rows, broken downloads and unfinished outputs. */
  readonly workingFiles: readonly string[];
  /** At the provider. An upload whose reply was lost may stay there unused, which is why `uploads` is a number of its own. */
  readonly results: readonly string[];
  readonly hasManyUploads: boolean;
  readonly chunkStates: readonly string[];
}

async function leftovers(world: World): Promise<Leftovers> {
  const remote = await (await world.emulatorView()).files();
  const isUpload = (name: string) => name.startsWith("bg-pipe-");
  return {
    workingFiles: [...world.ledger.workingFiles(), ...world.partialOutputs()],
    results: remote.filter((name) => !isUpload(name)),
    hasManyUploads: remote.filter(isUpload).length > world.interruptions,
    chunkStates: Object.keys(world.ledger.chunkStates()),
  };
}

/** What is found after so many undisturbed runs of the command, to compare with. Each number is tried once. */
export function undisturbed(options: WorldOptions): (runs?: number) => ReturnType<typeof endCalmly> {
  const found = new Map<number, ReturnType<typeof endCalmly>>();
  return (runs = 1) => {
    const known = found.get(runs) ?? inWorld(options, (world) => endSoOften(world, runs));
    found.set(runs, known);
    return known;
  };
}

async function endSoOften(world: World, runs: number): ReturnType<typeof endCalmly> {
  for (let run = 1; run < runs; run++) await endCalmly(world);
  return endCalmly(world);
}

/**
 * How often the command has run to its end when it is killed at a failpoint and run again. Behind the end a kill is no
 * disturbance: the command is run anew, and asks again what failed in passing.
 */
export function endsAfter(failpoint: string): number {
  return failpoint.startsWith("run.close.after" satisfies Failpoint) ? 2 : 1;
}
