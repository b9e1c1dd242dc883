/**
 * Kills `bg-pipe grade` at random moments, runs it again, and compares what comes out, and what it costs, with a run that
 * nobody disturbed.
 *
 *     SOAK=500 SEED=1 node bench/soak/soak.ts
 *
 * SOAK is the number of kills, SEED where the scenarios begin. A round that fails is printed with its seed;
 * `SOAK=1 SEED=n` tries its scenario once more, with kills at other moments. Ctrl-C ends it after the round. The exit
 * status is 1 if any round has failed.
 */
import { Random } from "../../test/crash/random.ts";
import { type SoakRound, soakRound } from "../../test/crash/soak-round.ts";

const wanted = Number(process.env["SOAK"] ?? 500);
const firstSeed = Number(process.env["SEED"] ?? 1);

const rounds: SoakRound[] = [];
const failures: string[] = [];
const began = performance.now();
let isStopped = false;
process.once("SIGINT", () => {
  isStopped = true;
});
for (let seed = firstSeed; killsOf(rounds).length < wanted && !isStopped; seed++) await tryRound(seed);
process.stdout.write(`${reportOf(rounds, failures)}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function tryRound(seed: number): Promise<void> {
  try {
    const round = await soakRound(new Random(seed));
    rounds.push(round);
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    const kills = `${killsOf(rounds).length} of ${wanted} kills, ${minutes} min`;
    process.stderr.write(`${kills}; seed ${seed}: ${round.kills.length} kills, ${round.scenario}\n`);
  } catch (error) {
    failures.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    process.stderr.write(`seed ${seed} failed: ${failures.at(-1)}\n`);
  }
}

function killsOf(all: readonly SoakRound[]): SoakRound["kills"] {
  return all.flatMap(({ kills }) => kills);
}

function reportOf(all: readonly SoakRound[], failed: readonly string[]): string {
  const kills = killsOf(all);
  const ends = all.reduce((sum, round) => sum + round.ends, 0);
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  return [
    `${all.length + failed.length} rounds, ${failed.length} failed; ${kills.length} kills, ${ends} ends; ${minutes} minutes`,
    "",
    ...table("signal", countBy(kills.map(({ signal }) => signal))),
    "",
    ...table("kills with a chunk in this state", countBy(kills.flatMap(({ openChunks }) => statesOf(openChunks)))),
  ].join("\n");
}

function statesOf(openChunks: Readonly<Record<string, number>>): readonly string[] {
  const states = Object.keys(openChunks);
  return states.length === 0 ? ["none open"] : states;
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function table(heading: string, counts: ReadonlyMap<string, number>): readonly string[] {
  const rows = [...counts].sort(([, one], [, other]) => other - one).map(([name, count]) => `| ${name} | ${count} |`);
  return [`| ${heading} | |`, "|---|---|", ...rows];
}
