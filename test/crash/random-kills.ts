import { setTimeout as delay } from "node:timers/promises";
import { UNFINISHED } from "./kill.ts";
import type { Random } from "./random.ts";
import { HANGS, type Running, type World } from "./world.ts";

export interface Kill {
  readonly signal: NodeJS.Signals;
  /** The chunks that were not settled then, by state. */
  readonly openChunks: Readonly<Record<string, number>>;
}

export interface KillOptions {
  readonly random: Random;
  readonly killsAtMost: number;
  /** How long the command takes undisturbed, in milliseconds. */
  readonly calmMs: number;
}

/** What a run takes to load its programs, in milliseconds, at the least. */
const START_MS = 300;

/** Runs the command and kills it, again and again, until it has come to its end or been killed often enough. */
export async function killRepeatedly(world: World, options: KillOptions): Promise<readonly Kill[]> {
  const { random } = options;
  const kills: Kill[] = [];
  while (kills.length < options.killsAtMost) {
    const run = world.start();
    await untilSometime(run, world, options);
    const sent = random.pick<NodeJS.Signals>("SIGKILL", "SIGKILL", "SIGKILL", "SIGKILL", "SIGTERM", "SIGINT");
    if (!run.isOver()) run.kill(sent);
    const { status, signal, stderr } = await run.ended;
    if (signal === HANGS) throw new Error(`hangs, whatever ${sent} says: ${stderr}`);
    if (status === 0 || status === 1) break;
    if (status !== UNFINISHED) kills.push({ signal: sent, openChunks: openChunks(world) });
  }
  return kills;
}

async function untilSometime(run: Running, world: World, { random, calmMs }: KillOptions): Promise<void> {
  if (random.chance(0.7)) await untilAtWork(run, world);
  else await untilOver(run, START_MS);
  await untilOver(run, (random.next() * calmMs) / 2);
}

/** Waits until rows are waiting for their answers. */
async function untilAtWork(run: Running, world: World): Promise<void> {
  while (!run.isOver() && world.ledger.workingFiles().length === 0) await delay(5);
}

/** Waits for so long, or until the run is over. */
async function untilOver(run: Running, milliseconds: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([run.ended, delay(milliseconds, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}

function openChunks(world: World): Readonly<Record<string, number>> {
  const { settled, ...open } = world.ledger.chunkStates();
  return open;
}
