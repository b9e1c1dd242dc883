import type { JudgingSummary } from "../../judging.ts";
import { formatCount } from "../../plain-text.ts";
import { horizontalBars } from "../bars.ts";
import { type Chart, COLOR, figure, percent, roomFor, shortLabel, table } from "../chart.ts";
import { type Html, html } from "../html.ts";
import type { PageContext, PageSection } from "../section.ts";

/** How several answers to a row agree, and what came of each judge. */
export const judges: PageSection = {
  id: "judges",
  title: "Judges",
  render: ({ judging }, context) =>
    judging === null
      ? undefined
      : html`<div class="figures">${agreementFigure(judging)}${judgesFigure(judging, context)}</div>`,
};

function agreementFigure(judging: JudgingSummary): Html | undefined {
  const { rows_agreed: agreed, rows_disagreed: disagreed, rows_tied: tied, rows_partly: partly } = judging;
  const all = agreed + disagreed;
  if (all === 0) return undefined;
  const counts = [
    { label: "all agree", count: agreed },
    { label: "some differ", count: disagreed - tied },
    { label: "differ by a tie", count: tied },
  ];
  const lacking = partly === 0 ? "" : `; ${formatCount(partly)} answered rows lack an answer`;
  return figure({
    title: "Rows by agreement",
    note: `${formatCount(all)} rows with two answers or more${lacking}`,
    chart: horizontalBars(counts),
    table: table({
      head: ["answers", "rows", "share"],
      rows: counts.map(({ label, count }) => [label, formatCount(count), percent(count, all)]),
      alignment: "lrr",
    }),
  });
}

function judgesFigure({ judges: all }: JudgingSummary, { usd }: PageContext): Html {
  const head = ["judge", "samples", "answered", "missing", "replies billed", "cost"];
  const rows = all.map((one) => [
    one.model,
    ...[one.samples, one.answered, one.failed, one.replies_billed].map(formatCount),
    usd(one.billed_usd),
  ]);
  return figure({
    title: "Answers by judge",
    note: "replies and cost are those of the last execution",
    chart: judgesChart(all),
    table: table({ head, rows, alignment: "lrrrrr" }),
  });
}

const ROW_HEIGHT = 40;

function judgesChart(all: JudgingSummary["judges"]): Chart {
  const data = all.flatMap(({ model, answered, failed }, key) => [
    { key, kind: "answered", count: answered, tip: `${model}: ${formatCount(answered)} answered` },
    { key, kind: "missing", count: failed, tip: `${model}: ${formatCount(failed)} missing` },
  ]);
  const labels = all.map(({ model, samples }) => `${shortLabel(model)}${samples > 1 ? ` × ${samples}` : ""}`);
  const keys = all.map((_, key) => key);
  return {
    options: {
      height: all.length * ROW_HEIGHT + 40,
      marginLeft: roomFor(labels),
      x: { label: null, grid: true, ticks: 4, tickFormat: "count" },
      y: { domain: keys, label: null, axis: null, padding: 0.35 },
      color: { domain: ["answered", "missing"], range: [COLOR.main, COLOR.bad], legend: true },
    },
    marks: [
      ["barX", data, { x: "count", y: "key", fill: "kind", title: "tip", tip: true }],
      ["axisY", keys, { tickSize: 0, label: null, labels }],
    ],
  };
}
