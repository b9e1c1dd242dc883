import { gammaln } from "simple-statistics";
import type { SeededRandom } from "./seeded-random.ts";

/** From so many expected successes on, rejection is faster than counting. */
const REJECTION_FROM = 10;

/**
 * How many of `trials` succeed, each with probability `chance`: an exact draw, in time that does not grow with the
 * trials.
 */
export function drawBinomial(trials: number, chance: number, random: SeededRandom): number {
  if (trials <= 0 || chance <= 0) return 0;
  if (chance >= 1) return trials;
  if (chance > 0.5) return trials - drawBinomial(trials, 1 - chance, random);
  if (trials * chance < REJECTION_FROM) return countSuccesses(trials, chance, random);
  return drawByRejection(trials, chance, random);
}

/** Jumps from success to success; the jumps are geometric (Devroye 1986, Non-Uniform Random Variate Generation, X.4). */
function countSuccesses(trials: number, chance: number, random: SeededRandom): number {
  const logFailure = Math.log1p(-chance);
  let successes = 0;
  for (let trial = 0; ; successes++) {
    trial += Math.floor(Math.log(1 - random.next()) / logFailure) + 1;
    if (trial > trials) return successes;
  }
}

/** Algorithm BTRD's simple form, BTRS (Hörmann 1993, The generation of binomial random variates). */
function drawByRejection(trials: number, chance: number, random: SeededRandom): number {
  const deviation = Math.sqrt(trials * chance * (1 - chance));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * chance;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((trials + 1) * chance);
  const logAtMode = logWeight(mode, trials, chance);
  for (;;) {
    const u = random.next() - 0.5;
    const v = 1 - random.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + trials * chance + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > trials) continue;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= logWeight(k, trials, chance) - logAtMode) return k;
  }
}

/** The logarithm of a probability, but for what is the same for all `k`. */
function logWeight(k: number, trials: number, chance: number): number {
  return k * Math.log(chance / (1 - chance)) - gammaln(k + 1) - gammaln(trials - k + 1);
}
