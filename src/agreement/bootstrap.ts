import { quantileSorted } from "simple-statistics";
import { drawBinomial } from "./binomial.ts";
import type { Contingency } from "./contingency.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Tables that are drawn. */
export const RESAMPLES = 1_000;
/** The share of them that an interval holds. */
export const CONFIDENCE = 0.95;
const SEED = 20_240_229;

/** Where a figure would lie in other samples of the same rows; undefined when it mostly has no value. */
export type Interval = readonly [low: number, high: number] | undefined;

/**
 * Percentile intervals by the bootstrap (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13). Rows
 * that are drawn with replacement make a table that is multinomial with the shares of the observed one, so tables are
 * drawn, and no row is needed. The same table always gives the same intervals.
 */
export function intervalsOf(table: Contingency): Readonly<Record<keyof Figures, Interval>> {
  const random = new SeededRandom(SEED);
  const drawn = Array.from({ length: RESAMPLES }, () => figuresOf(table, drawTable(table.counts, random)));
  const interval = (name: keyof Figures) => intervalOf(drawn.map((figures) => figures[name]));
  return {
    accuracy: interval("accuracy"),
    kappa: interval("kappa"),
    kappaLinear: interval("kappaLinear"),
    kappaQuadratic: interval("kappaQuadratic"),
    spearman: interval("spearman"),
  };
}

/** A multinomial draw: cell by cell, of what is left, with the cell's share of what is left. */
function drawTable(counts: Float64Array, random: SeededRandom): Float64Array {
  let rest = counts.reduce((sum, count) => sum + count, 0);
  let toDraw = rest;
  return counts.map((count) => {
    const drawn = drawBinomial(toDraw, count / rest, random);
    rest -= count;
    toDraw -= drawn;
    return drawn;
  });
}

function intervalOf(values: readonly number[]): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (2 * sorted.length < values.length) return undefined;
  const tail = (1 - CONFIDENCE) / 2;
  return [quantileSorted(sorted, tail), quantileSorted(sorted, 1 - tail)];
}
