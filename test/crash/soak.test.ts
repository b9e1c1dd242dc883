import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { type SoakRound, soakRound } from "./soak-round.ts";

/** How many kills there are to be; bench/soak does it with more. */
const KILLS = Number(process.env["SOAK"] ?? 2);
const SEED = Number(process.env["SEED"] ?? 1);

test("killed at random moments and run again: the same bytes and bill", {
  timeout: 120_000 + KILLS * 10_000,
}, async () => {
  const rounds: SoakRound[] = [];
  const kills = () => rounds.reduce((sum, round) => sum + round.kills.length, 0);
  for (let seed = SEED; kills() < KILLS; seed++) rounds.push(await soakRound(new Random(seed)));
  expect(kills()).toBeGreaterThanOrEqual(KILLS);
});
