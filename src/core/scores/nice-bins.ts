import type { Bin } from "./distribution.ts";
import type { Weighted } from "./number-tally.ts";

/** Multiples of a power of ten that people count in. */
const STEPS = [1, 2, 5];
/** A decimal fraction is not quite what it is written as: 0.3 belongs to the bin that begins there. */
const SLACK = 1e-9;

export interface BinsOptions {
  readonly maxBins: number;
  /** Whether a bin holds at least one whole number. */
  readonly isInteger: boolean;
  /** Edges are multiples of it. */
  readonly multipleOf?: number;
}

/**
 * Bins of equal width, which is 1, 2 or 5 times a power of ten, that hold all the values.
 *
 * @param values In ascending order.
 */
export function niceBins(values: readonly Weighted[], options: BinsOptions): readonly Bin[] {
  const [first, last] = [values[0]?.[0], values.at(-1)?.[0]];
  if (first === undefined || last === undefined) return [];
  const width = niceWidth(first, last, options);
  const start = indexOf(first, width);
  const counts = new Array<number>(indexOf(last, width) - start + 1).fill(0);
  for (const [value, count] of values) {
    const index = indexOf(value, width) - start;
    counts[index] = (counts[index] ?? 0) + count;
  }
  return counts.map((count, index) => ({
    from: edge(start + index, width),
    to: edge(start + index + 1, width),
    count,
  }));
}

function niceWidth(first: number, last: number, { maxBins, isInteger, multipleOf = 0 }: BinsOptions): number {
  const least = Math.max(last / maxBins - first / maxBins, isInteger ? 1 : 2 ** -1000, multipleOf);
  for (let power = Math.floor(Math.log10(least)); ; power++) {
    for (const step of STEPS) {
      const width = Number(`${step}e${power}`);
      const isFine = width >= least * (1 - SLACK) && isMultiple(width, multipleOf);
      if (isFine && indexOf(last, width) - indexOf(first, width) < maxBins) return width;
    }
  }
}

function isMultiple(width: number, of: number): boolean {
  const ratio = of === 0 ? 1 : width / of;
  return Math.abs(ratio - Math.round(ratio)) < SLACK;
}

function indexOf(value: number, width: number): number {
  return Math.floor(value / width + SLACK);
}

/** Without the digits that come of reckoning with fractions in doubles. */
function edge(index: number, width: number): number {
  return width >= 1 ? index * width : Number((index * width).toPrecision(15));
}
