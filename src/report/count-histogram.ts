import { barLines } from "./bar-lines.ts";
import type { Distribution } from "./count.ts";
import { formatCount } from "./plain-text.ts";

const WIDTH = 80;
const MAX_BINS = 12;

interface Bin {
  readonly from: number;
  /** Inclusive; infinite for the last one where numbers tail off. */
  readonly to: number;
  requests: number;
}

/**
 * How many requests have how many tokens, as bars of plain characters in at most 80 columns. The bins are of equal
 * width; where the largest counts are far from all others, one more bin takes them.
 *
 * @returns no line when there are no requests
 */
export function tokenHistogram(distribution: Distribution): readonly string[] {
  const bins = binsFor(distribution);
  if (bins.length === 0) return [];
  for (const [tokens, requests] of distribution) {
    const bin = bins.find(({ to }) => tokens <= to);
    if (bin !== undefined) bin.requests += requests;
  }
  const bars = bins.map((bin) => ({ label: label(bin), count: bin.requests }));
  return barLines(bars, { width: WIDTH, head: ["tokens", "requests"] });
}

function binsFor(distribution: Distribution): Bin[] {
  const [first, last] = [distribution[0]?.[0], distribution.at(-1)?.[0]];
  if (first === undefined || last === undefined) return [];
  const common = percentile(distribution, 99);
  const top = last <= 2 * common ? last : common;
  const width = niceWidth(first, top);
  const start = Math.floor(first / width) * width;
  const count = Math.floor((top - start) / width) + 1;
  const bins = Array.from({ length: count }, (_, index) => binAt(start + index * width, width));
  const end = start + count * width;
  return last < end ? bins : [...bins, { from: end, to: Number.POSITIVE_INFINITY, requests: 0 }];
}

function binAt(from: number, width: number): Bin {
  return { from, to: from + width - 1, requests: 0 };
}

function percentile(distribution: Distribution, percent: number): number {
  const all = distribution.reduce((sum, [, requests]) => sum + requests, 0);
  let seen = 0;
  for (const [tokens, requests] of distribution) {
    seen += requests;
    if (seen * 100 >= percent * all) return tokens;
  }
  return 0;
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that makes few enough bins. */
function niceWidth(first: number, top: number): number {
  for (let power = 1; ; power *= 10) {
    for (const width of [power, 2 * power, 5 * power]) {
      if (Math.floor(top / width) - Math.floor(first / width) < MAX_BINS) return width;
    }
  }
}

function label({ from, to }: Bin): string {
  if (to === Number.POSITIVE_INFINITY) return `${formatCount(from)} and more`;
  return from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`;
}
