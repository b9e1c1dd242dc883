import type { Bin, NumberDistribution, Quantiles } from "./distribution.ts";
import { niceBins } from "./nice-bins.ts";
import type { NumberTally, Weighted } from "./number-tally.ts";
import type { ScoreField } from "./score-field.ts";

/** Up to so many distinct values have a bin each. */
const MAX_SINGLE = 25;
const MAX_BINS = 50;

/** What has been counted of a field of numbers. */
export function numberDistribution(field: ScoreField, tally: NumberTally, absent: number): NumberDistribution {
  const isEmpty = tally.count === 0;
  return {
    field: field.name,
    kind: field.kind === "integer" ? "integer" : "number",
    answers: tally.count,
    absent,
    mean: isEmpty ? null : tally.mean,
    min: isEmpty ? null : tally.min,
    max: isEmpty ? null : tally.max,
    quantiles: isEmpty ? null : quantilesOf(field, tally),
    exact: tally.isExact,
    bins: isEmpty ? [] : binsOf(field, tally),
  };
}

/** The middle of a bin need be no whole number. */
function quantilesOf({ kind }: ScoreField, tally: NumberTally): Quantiles {
  const { p5, p25, p50, p75, p95 } = tally.quantiles();
  if (kind !== "integer") return { p5, p25, p50, p75, p95 };
  const round = Math.round;
  return { p5: round(p5), p25: round(p25), p50: round(p50), p75: round(p75), p95: round(p95) };
}

function binsOf(field: ScoreField, tally: NumberTally): readonly Bin[] {
  const values = tally.values();
  const expected = expectedValues(field, tally);
  const counts = new Map([...expected.map((value) => [value, 0] as const), ...values]);
  if (counts.size <= MAX_SINGLE) return singleBins([...counts]);
  return niceBins(values, { maxBins: MAX_BINS, isInteger: field.kind === "integer" });
}

/** Values that are shown though none may have come: those the schema lists, or the whole numbers within its bounds. */
function expectedValues({ kind, values, minimum, maximum }: ScoreField, { min, max }: NumberTally): readonly number[] {
  if (values !== undefined) return values.filter((value) => typeof value === "number");
  if (kind !== "integer") return [];
  const first = Math.ceil(Math.min(min, minimum ?? min));
  const last = Math.floor(Math.max(max, maximum ?? max));
  const [from, to] = last - first < MAX_SINGLE ? [first, last] : [min, max];
  return to - from < MAX_SINGLE ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [];
}

function singleBins(counts: readonly Weighted[]): readonly Bin[] {
  return counts.toSorted(([a], [b]) => a - b).map(([value, count]) => ({ from: value, to: value, count }));
}
