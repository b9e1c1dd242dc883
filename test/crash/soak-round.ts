import { deepStrictEqual } from "node:assert/strict";
import { checkBill, checkRows } from "./invariants.ts";
import { endCalmly, undisturbed } from "./kill.ts";
import type { Random } from "./random.ts";
import { type Kill, killRepeatedly } from "./random-kills.ts";
import { faultyScenario, soakScenario } from "./soak-scenario.ts";
import { inWorld } from "./world.ts";

/** What happened in a round. */
export interface SoakRound {
  readonly scenario: string;
  readonly kills: readonly Kill[];
  /** How often the command ran to its end. */
  readonly ends: number;
}

const KILLS_AT_MOST = 6;
/** How many of the rounds have a provider that fails all the time. */
const FAULTY_SHARE = 0.2;
/** How long they take, in about. */
const FAULTY_MS = 5_000;

/**
 * Makes up a scenario, runs it with kills at random moments until it ends, and checks what is there then.
 *
 * @throws {AssertionError} when that is not as it should be
 */
export function soakRound(random: Random): Promise<SoakRound> {
  return random.chance(FAULTY_SHARE) ? faultyRound(random) : comparedRound(random);
}

/** In the end everything is as after a run that nobody disturbed. */
async function comparedRound(random: Random): Promise<SoakRound> {
  const scenario = soakScenario(random);
  const calm = undisturbed(scenario);
  const began = performance.now();
  await calm();
  const calmMs = performance.now() - began;
  return inWorld(scenario, async (world) => {
    const kills = await killRepeatedly(world, { random, killsAtMost: random.whole(1, KILLS_AT_MOST), calmMs });
    const found = await endCalmly(world);
    const round = { scenario: scenario.label, kills, ends: world.ledger.finishedRuns() };
    // Who has run to its end more than once is compared with who has done so undisturbed.
    deepStrictEqual({ ...round, found }, { ...round, found: await calm(round.ends) });
    return round;
  });
}

/** Which rows fail is a matter of chance then: each is out once, and nothing is paid needlessly. */
async function faultyRound(random: Random): Promise<SoakRound> {
  const { ids, distinct, ...scenario } = faultyScenario(random);
  return inWorld(scenario, async (world) => {
    const kills = await killRepeatedly(world, {
      random,
      killsAtMost: random.whole(1, KILLS_AT_MOST),
      calmMs: FAULTY_MS,
    });
    const { output, status, billing } = await endCalmly(world);
    checkRows(output, ids, status);
    checkBill(billing, await (await world.emulatorView()).faults(), distinct);
    return { scenario: scenario.label, kills, ends: world.ledger.finishedRuns() };
  });
}
