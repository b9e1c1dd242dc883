import { formatCount, formatDuration } from "../../plain-text.ts";
import { displayTokens } from "../../progress/amounts.ts";
import type { RunReport } from "../../run-report.ts";
import { percent } from "../chart.ts";
import { type Html, html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** The few figures that are looked for first. */
export const overview: PageSection = {
  id: "overview",
  title: "Overview",
  render: (report, { usd }) => {
    const tiles = [...rowTiles(report), ...spentTiles(report, usd), ...timeTiles(report)];
    return html`<dl class="tiles">${tiles.map(tileHtml)}</dl>${hintOf(report)}`;
  },
};

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: "bad";
}

function tileHtml({ name, value, note, tone }: Tile): Html {
  return html`<div class="tile ${tone ?? ""}"><dt>${name}</dt><dd><b>${value}</b><span>${note}</span></dd></div>
`;
}

function rowTiles({ rows, requests }: RunReport): readonly Tile[] {
  if (rows === null) {
    const open = requests.in_flight + requests.collected + requests.to_be_asked_again + requests.claimed;
    return [
      { name: "Requests answered", value: formatCount(requests.answered), note: `${formatCount(open)} still open` },
      failedTile(requests.failed, requests.answered + requests.failed),
    ];
  }
  const { read, answered, failed } = rows;
  return [
    { name: "Rows answered", value: formatCount(answered), note: `of ${formatCount(read)} read` },
    failedTile(failed, read),
  ];
}

function failedTile(failed: number, all: number): Tile {
  const tile = { name: "Failed", value: formatCount(failed), note: failed === 0 ? "none" : percent(failed, all) };
  return failed === 0 ? tile : { ...tile, tone: "bad" };
}

function spentTiles({ models, run }: RunReport, usd: (amount: bigint | null) => string): readonly Tile[] {
  if (models.length === 0) return [];
  const input = models.reduce((sum, { input_tokens: tokens }) => sum + tokens, 0);
  const output = models.reduce((sum, { output_tokens: tokens }) => sum + tokens, 0);
  const cost = models.reduce<bigint | null>(
    (sum, { cost_usd: one }) => (sum === null || one === null ? null : sum + one),
    0n,
  );
  const saved = run.saved_usd === null || run.saved_usd === 0n ? "billed" : `billed; ${usd(run.saved_usd)} saved`;
  return [
    { name: "Cost", value: usd(cost), note: saved },
    {
      name: "Tokens",
      value: displayTokens(input + output),
      note: `${displayTokens(input)} in, ${displayTokens(output)} out`,
    },
  ];
}

function timeTiles({ run, rows, batches }: RunReport): readonly Tile[] {
  const count = `${formatCount(batches.total)} ${batches.total === 1 ? "batch" : "batches"}`;
  const tile = { name: "Batches", value: formatCount(batches.total), note: "put to the provider" };
  if (run.seconds === null) return [tile];
  const pace =
    rows === null || run.seconds === 0 ? count : `${count}, ${formatScaled(rows.written / run.seconds)} rows/s`;
  return [{ name: "Last execution", value: formatDuration(Math.max(1000, run.seconds * 1000)), note: pace }];
}

function formatScaled(value: number): string {
  return value >= 10 ? formatCount(Math.round(value)) : value.toPrecision(2);
}

function hintOf({ rows, run }: RunReport): Html | undefined {
  if (rows === null) {
    return html`<p class="hint">No execution of this run has come to an end yet: there are requests to count, and no rows.</p>`;
  }
  if (run.state === "finished") return undefined;
  return html`<p class="hint">This run is not finished: rows and scores are as its last execution left them.</p>`;
}
