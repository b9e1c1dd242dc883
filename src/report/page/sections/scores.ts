import type { Bin, CategoryDistribution, Distribution, NumberDistribution } from "../../../core/scores/distribution.ts";
import { formatCount } from "../../plain-text.ts";
import { binLabel, formatScore } from "../../score-lines.ts";
import { horizontalBars, type LabelledCount } from "../bars.ts";
import { type Chart, COLOR, figure, percent, table } from "../chart.ts";
import { type Html, html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** How the answers' values are distributed, field by field. */
export const scores: PageSection = {
  id: "scores",
  title: "Scores",
  render: ({ scores: all }) => {
    const counted = all.filter(({ answers }) => answers > 0);
    return counted.length === 0 ? undefined : html`<div class="figures">${counted.map(figureOf)}</div>`;
  },
};

const MAX_CATEGORIES = 20;
const HEIGHT = 230;
/** Characters that stand side by side above columns on a telephone. */
const LABELS_LENGTH = 42;

function figureOf(distribution: Distribution): Html {
  return distribution.kind === "category" ? categoryFigure(distribution) : numberFigure(distribution);
}

function numberFigure(distribution: NumberDistribution): Html {
  const { field, answers, bins } = distribution;
  const rows = bins.map((bin) => [binLabel(bin, distribution), formatCount(bin.count), percent(bin.count, answers)]);
  return figure({
    title: field,
    note: noteOf(distribution),
    chart: bins.every(({ from, to }) => from === to) ? columns(distribution) : histogram(distribution),
    table: html`${statistics(distribution)}${table({ head: ["value", "answers", "share"], rows, alignment: "rrr" })}`,
  });
}

function noteOf({ answers, absent, ...distribution }: Distribution): string {
  const of = `${formatCount(answers)} answers${absent > 0 ? `, ${formatCount(absent)} without` : ""}`;
  if (distribution.kind === "category") return of;
  const { mean, quantiles } = distribution;
  return `mean ${formatScore(mean ?? 0)}, median ${formatScore(quantiles?.p50 ?? 0)}, of ${of}`;
}

function statistics({ mean, min, max, quantiles, exact }: NumberDistribution): Html {
  const { p5, p25, p50, p75, p95 } = quantiles ?? { p5: 0, p25: 0, p50: 0, p75: 0, p95: 0 };
  const cells = [mean ?? 0, min ?? 0, p5, p25, p50, p75, p95, max ?? 0].map(formatScore);
  const note = exact ? undefined : html`<p class="hint">Quantiles are to within 1/500 of the range.</p>`;
  const head = ["mean", "min", "p5", "p25", "median", "p75", "p95", "max"];
  return html`${table({ head, rows: [cells], alignment: "rrrrrrrr" })}${note}`;
}

/** A column for each value. */
function columns(distribution: NumberDistribution): Chart {
  const { bins } = distribution;
  const data = bins.map((bin) => ({
    value: binLabel(bin, distribution),
    count: bin.count,
    tip: tipOf(bin, distribution),
  }));
  const labels = data.filter(({ count }) => count > 0).map((one) => ({ ...one, text: formatCount(one.count) }));
  const isFew = bins.length <= 12;
  const hasRoom = labels.reduce((length, { text }) => length + text.length + 1, 0) <= LABELS_LENGTH;
  const isNarrow = isFew && data.every(({ value }) => value.length <= 4);
  return {
    options: {
      ...plain(isFew ? 18 : 10),
      x: {
        label: null,
        domain: data.map(({ value }) => value),
        padding: 0.2,
        ...(isNarrow ? {} : { tickRotate: -45 }),
      },
      marginBottom: isNarrow ? 28 : 46,
    },
    marks: [
      ["barY", data, { x: "value", y: "count", fill: COLOR.main, ry2: 3 }],
      ["ruleY", [0], { stroke: "var(--line)" }],
      ...(hasRoom
        ? [["text", labels, { x: "value", y: "count", text: "text", dy: -8, fill: "currentColor" }] as const]
        : []),
      ["tip", data, { pointer: "x", x: "value", y: "count", title: "tip" }],
    ],
  };
}

function histogram(distribution: NumberDistribution): Chart {
  const data = distribution.bins.map((bin) => ({ ...bin, tip: tipOf(bin, distribution) }));
  const middles = data.map((bin) => ({ ...bin, middle: (bin.from + bin.to) / 2 }));
  return {
    options: { ...plain(10), x: { label: null, nice: true, tickFormat: "number" } },
    marks: [
      ["rectY", data, { x1: "from", x2: "to", y: "count", fill: COLOR.main, insetLeft: 0.5, insetRight: 0.5 }],
      ["ruleY", [0], { stroke: "var(--line)" }],
      ["tip", middles, { pointer: "x", x: "middle", y: "count", title: "tip" }],
    ],
  };
}

function plain(marginTop: number) {
  return { height: HEIGHT, marginTop, marginLeft: 48, y: { label: null, grid: true, ticks: 4, tickFormat: "count" } };
}

function tipOf(bin: Bin, distribution: NumberDistribution): string {
  return `${binLabel(bin, distribution)}: ${formatCount(bin.count)} (${percent(bin.count, distribution.answers)})`;
}

function categoryFigure(distribution: CategoryDistribution): Html {
  const { field, answers, values, others } = distribution;
  const named = values.map(({ value, count }) => ({ label: String(value), count }));
  const all = others > 0 ? [...named, { label: "all others", count: others }] : named;
  const rows = all.map(({ label, count }) => [label, formatCount(count), percent(count, answers)]);
  return figure({
    title: field,
    note: noteOf(distribution),
    chart: horizontalBars(mostFrequent(named, others)),
    table: table({ head: ["value", "answers", "share"], rows, alignment: "lrr" }),
  });
}

function mostFrequent(counts: readonly LabelledCount[], others: number): readonly LabelledCount[] {
  const isMany = counts.length > MAX_CATEGORIES;
  const shown = isMany ? counts.toSorted((a, b) => b.count - a.count).slice(0, MAX_CATEGORIES - 1) : counts;
  const total = counts.reduce((sum, { count }) => sum + count, others);
  const rest = total - shown.reduce((sum, { count }) => sum + count, 0);
  return rest > 0 ? [...shown, { label: "all others", count: rest }] : shown;
}
