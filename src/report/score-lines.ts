import type { Bin, CategoryDistribution, Distribution, NumberDistribution } from "../core/scores/distribution.ts";
import { niceBins } from "../core/scores/nice-bins.ts";
import { type Bar, barLines } from "./bar-lines.ts";
import { formatCount, printable } from "./plain-text.ts";

/** What is shown of many fields, bins or values; the rest is in the summary's file and in the report. */
const MAX_FIELDS = 4;
const MAX_BARS = 12;
const MAX_LABEL = 32;
const WIDTHS = { least: 40, most: 100 };
const INDENT = " ".repeat(10);

/** The distributions as small histograms for people. @param width Columns of the terminal. */
export function scoreLines(scores: readonly Distribution[], width: number): readonly string[] {
  const counted = scores.filter(({ answers }) => answers > 0);
  const shown = counted.slice(0, MAX_FIELDS);
  const more = counted.length - shown.length;
  const room = Math.min(WIDTHS.most, Math.max(WIDTHS.least, width - 1));
  return [
    ...shown.flatMap((one, index) => linesOf(one, { width: room, isFirst: index === 0 })),
    ...(more > 0 ? [`${INDENT}and ${formatCount(more)} more: see --summary, or bg-pipe report`] : []),
  ].map((line) => clipped(line, room));
}

/** A number of a distribution, to four digits that count. */
export function formatScore(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return formatCount(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(4)));
}

/** A bin, such as `3`, `0 to 4`, or `0.5 to 1` up to which it goes. */
export function binLabel({ from, to }: Bin, { kind, max }: Pick<NumberDistribution, "kind" | "max">): string {
  if (from === to) return formatScore(from);
  const last = kind === "integer" ? Math.min(to - 1, max ?? to) : to;
  return from === last ? formatScore(from) : `${formatScore(from)} to ${formatScore(last)}`;
}

function linesOf(distribution: Distribution, { width, isFirst }: Place): readonly string[] {
  const title = `${isFirst ? "scores    " : INDENT}${titleOf(distribution)}`;
  const isCategory = distribution.kind === "category";
  const bars = isCategory ? categoryBars(distribution) : numberBars(distribution);
  return [title, ...barLines(bars, { width, indent: INDENT, alignment: isCategory ? "l" : "r" })];
}

interface Place {
  readonly width: number;
  readonly isFirst: boolean;
}

function titleOf(distribution: Distribution): string {
  const { field, answers, absent } = distribution;
  const of = `of ${formatCount(answers)}${absent > 0 ? `, ${formatCount(absent)} without` : ""}`;
  if (distribution.kind === "category") return `${printable(field)}, ${of}`;
  const { mean, quantiles } = distribution;
  if (mean === null || quantiles === null) return printable(field);
  return `${printable(field)}, ${of}: mean ${formatScore(mean)}, median ${formatScore(quantiles.p50)}`;
}

function numberBars(distribution: NumberDistribution): readonly Bar[] {
  const bins = fewer(distribution.bins, distribution.kind);
  return bins.map((bin) => ({ label: binLabel(bin, distribution), count: bin.count }));
}

function fewer(bins: readonly Bin[], kind: NumberDistribution["kind"]): readonly Bin[] {
  if (bins.length <= MAX_BARS) return bins;
  const width = (bins[0]?.to ?? 0) - (bins[0]?.from ?? 0);
  const values = bins.filter(({ count }) => count > 0).map(({ from, count }) => [from, count] as const);
  return niceBins(values, { maxBins: MAX_BARS, isInteger: kind === "integer", multipleOf: width });
}

function categoryBars({ values, others }: CategoryDistribution): readonly Bar[] {
  const isMany = values.length > MAX_BARS;
  const shown = isMany ? values.toSorted((a, b) => b.count - a.count).slice(0, MAX_BARS - 1) : values;
  const bars = shown.map(({ value, count }) => ({ label: clipped(printable(String(value)), MAX_LABEL), count }));
  const rest =
    others + values.reduce((sum, { count }) => sum + count, 0) - shown.reduce((sum, { count }) => sum + count, 0);
  return rest > 0 || isMany ? [...bars, { label: "all others", count: rest }] : bars;
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
