import { formatCount } from "../../plain-text.ts";
import type { ModelFigures } from "../../run-report.ts";
import { type Chart, COLOR, figure, roomFor, shortLabel, table } from "../chart.ts";
import { html } from "../html.ts";
import type { PageContext, PageSection } from "../section.ts";

/** What each model took, and cost. */
export const models: PageSection = {
  id: "models",
  title: "Tokens and cost by model",
  render: ({ models: all }, { usd }) => {
    if (all.length === 0) return undefined;
    return html`<div class="figures">${tokensFigure(all)}${costFigure(all, usd)}</div>`;
  },
};

const ROW_HEIGHT = 40;

function tokensFigure(all: readonly ModelFigures[]) {
  const head = ["model", "asked by", "replies", "input", "of it cached", "output", "of it reasoning"];
  const rows = all.map((one) => [
    one.model,
    one.mode,
    ...[one.requests, one.input_tokens, one.cached_tokens, one.output_tokens, one.reasoning_tokens].map(formatCount),
  ]);
  const total = all.reduce((sum, { input_tokens: input, output_tokens: output }) => sum + input + output, 0);
  return figure({
    title: "Tokens billed",
    note: `${formatCount(total)} in all`,
    chart: tokensChart(all),
    table: table({ head, rows, alignment: "llrrrrr" }),
  });
}

const KINDS = [
  ["input", COLOR.main, (one: ModelFigures) => one.input_tokens - one.cached_tokens],
  ["cached input", COLOR.soft, (one: ModelFigures) => one.cached_tokens],
  ["output", COLOR.second, (one: ModelFigures) => one.output_tokens - one.reasoning_tokens],
  ["reasoning", COLOR.good, (one: ModelFigures) => one.reasoning_tokens],
] as const;

function tokensChart(all: readonly ModelFigures[]): Chart {
  const used = KINDS.filter(([, , of]) => all.some((one) => of(one) > 0));
  const data = all.flatMap((one, key) =>
    used.map(([kind, , of]) => ({ key, kind, tokens: of(one), tip: `${one.model}, ${kind}: ${formatCount(of(one))}` })),
  );
  const color = { domain: used.map(([kind]) => kind), range: used.map(([, value]) => value), legend: true };
  return {
    options: { ...rowOptions(all), color, x: { label: null, grid: true, ticks: 4, tickFormat: "count" } },
    marks: [["barX", data, { x: "tokens", y: "key", fill: "kind", title: "tip", tip: true }], axis(all)],
  };
}

function costFigure(all: readonly ModelFigures[], usd: PageContext["usd"]) {
  const head = ["model", "asked by", "chunks", "estimated", "billed"];
  const rows = all.map((one) => [
    one.model,
    one.mode,
    formatCount(one.chunks),
    usd(one.estimated_cost_usd),
    usd(one.cost_usd),
  ]);
  const isUnknown = all.some(({ cost_usd: cost }) => cost === null);
  return figure({
    title: "Cost",
    note: isUnknown ? "the price of some replies is not known" : "in US dollars, by the price table",
    chart: costChart(all, usd),
    table: table({ head, rows, alignment: "llrrr" }),
  });
}

function costChart(all: readonly ModelFigures[], usd: PageContext["usd"]): Chart {
  const data = all.flatMap((one, key) =>
    one.cost_usd === null ? [] : [{ key, dollars: Number(one.cost_usd) / 1e12, text: usd(one.cost_usd) }],
  );
  return {
    options: {
      ...rowOptions(all),
      marginRight: roomFor(data.map(({ text }) => text)),
      marginTop: 20,
      marginBottom: 20,
      x: { label: null, axis: null },
    },
    marks: [
      ["barX", data, { x: "dollars", y: "key", fill: COLOR.main, rx2: 3 }],
      ["text", data, { x: "dollars", y: "key", text: "text", textAnchor: "start", dx: 6, fill: "currentColor" }],
      axis(all),
    ],
  };
}

function rowOptions(all: readonly ModelFigures[]) {
  return {
    height: all.length * ROW_HEIGHT + 40,
    marginLeft: roomFor(all.map(labelOf)),
    y: { domain: all.map((_, key) => key), label: null, axis: null, padding: 0.35 },
  };
}

function axis(all: readonly ModelFigures[]) {
  return ["axisY", all.map((_, key) => key), { tickSize: 0, label: null, labels: all.map(labelOf) }] as const;
}

function labelOf({ model, mode }: ModelFigures): string {
  return shortLabel(mode === "live" ? `${model}, live` : model);
}
