import { formatErrorPercent } from "../../estimate-error.ts";
import { formatCount } from "../../plain-text.ts";
import type { Compared } from "../../run-report.ts";
import { type Chart, COLOR, figure, roomFor, table } from "../chart.ts";
import { type Html, html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** What was reckoned with, beside what came of it. */
export const estimate: PageSection = {
  id: "estimate",
  title: "Estimate and actual",
  render: ({ estimate: { input_tokens: tokens, cost_usd: cost } }, { usd }) => {
    const figures = [
      comparison("Input tokens", tokens, { text: formatCount, size: Number }),
      comparison("Cost", cost, { text: usd, size: (amount) => Number(amount) / 1e12 }),
    ].filter((one) => one !== undefined);
    return figures.length === 0 ? undefined : html`<div class="figures">${figures}</div>`;
  },
};

interface Writing<Amount> {
  readonly text: (amount: Amount) => string;
  readonly size: (amount: Amount) => number;
}

function comparison<Amount>(title: string, compared: Compared<Amount>, writing: Writing<Amount>): Html | undefined {
  const { estimated, billed, error_percent: error } = compared;
  if (estimated === null || billed === null) return undefined;
  const off = error === null ? "" : formatErrorPercent(error);
  const data = [
    { name: "estimated", size: writing.size(estimated), text: writing.text(estimated) },
    { name: "billed", size: writing.size(billed), text: writing.text(billed) },
  ];
  return figure({
    title,
    note: off === "" ? "over batches of which every request was billed" : `the estimate was off by ${off}`,
    chart: chartOf(data),
    table: table({
      head: ["", "amount"],
      rows: [...data.map(({ name, text }) => [name, text]), ["off by", off]],
      alignment: "lr",
    }),
  });
}

function chartOf(data: readonly { readonly name: string; readonly size: number; readonly text: string }[]): Chart {
  return {
    options: {
      height: 92,
      marginLeft: 74,
      marginRight: roomFor(data.map(({ text }) => text)),
      marginTop: 4,
      marginBottom: 4,
      x: { axis: null },
      y: { label: null, domain: data.map(({ name }) => name), padding: 0.3, tickSize: 0 },
      color: { domain: ["estimated", "billed"], range: [COLOR.soft, COLOR.main] },
    },
    marks: [
      ["barX", data, { x: "size", y: "name", fill: "name", rx2: 3 }],
      ["text", data, { x: "size", y: "name", text: "text", textAnchor: "start", dx: 6, fill: "currentColor" }],
    ],
  };
}
