import type { CostFigures, CostsReport } from "./costs.ts";
import { formatErrorPercent } from "./estimate-error.ts";
import { fittingColumns } from "./fitting-columns.ts";
import { formatCount, formatQuantity, printable } from "./plain-text.ts";

/** Writes an amount of pico-dollars. */
export type DisplayUsd = (amount: bigint | undefined) => string;

export interface CostsTextOptions {
  readonly usd: DisplayUsd;
  /** The most lines of a table; all when undefined. */
  readonly most: number | undefined;
  /** Columns of the terminal; all that there is to say when undefined. */
  readonly width?: number | undefined;
}

/** What was spent as lines for people: a table in blocks, and what is to be known beside it. */
export function formatCosts(report: CostsReport, options: CostsTextOptions): string {
  if (!report.ledger) return `There is no ledger in ${report.state_dir}: nothing has been run yet.\n`;
  const { usd, most, width } = options;
  const blocks = [periodRows(report), ...groupsOf(report).map((group) => rowsOf(group, most))];
  const rows = blocks.flatMap((block) => [...block.map((row) => cellsOf(row, usd)), []]);
  const { lines, left } = fittingColumns([HEAD, ...rows], {
    alignment: "lrrrrrrrrrrl",
    dispensable: DISPENSABLE,
    width,
  });
  const room = left.length === 0 ? [] : [`Left out for want of room: ${left.join(", ")}; --json has them.`];
  return [...lines, ...notes(report, options), ...room].map((line) => `${line}\n`).join("");
}

const HEAD = [
  ...["", "batches", "requests", "counted", "input", "error", "cached", "output", "reasoning"],
  ...["saved", "estimated", "cost"],
];

/** What a narrow terminal is not shown, the first first. */
const DISPENSABLE = ["reasoning", "cached", "counted", "error", "estimated", "batches"];

/** A line of the table; without figures it only says something. */
interface Row {
  readonly name: string;
  readonly figures?: CostFigures;
}

function periodRows({ all_time: allTime, today, window }: CostsReport): readonly Row[] {
  const rows = [
    { name: "all time", figures: allTime },
    { name: "today", figures: today },
  ];
  return window === null ? rows : [...rows, { name: "in the window", figures: window }];
}

function groupsOf(report: CostsReport): readonly (readonly Row[])[] {
  const groups = [
    report.by_day?.map(({ day, ...figures }) => ({ name: day, figures })),
    report.by_model?.map(({ model, ...figures }) => ({ name: printable(model), figures })),
    report.by_provider?.map(({ provider, ...figures }) => ({ name: printable(provider), figures })),
    report.by_key?.map(({ api_key_id: id, ...figures }) => ({ name: id ?? "no key", figures })),
    report.by_run?.map(({ run, label, ...figures }) => ({ name: clip(`run ${run}  ${printable(label)}`), figures })),
  ];
  return groups.flatMap((rows) => (rows === undefined || rows.length === 0 ? [] : [rows]));
}

/** The rest of a usual terminal is for the figures. */
const NAME_WIDTH = 32;

function clip(name: string): string {
  return name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 1)}…`;
}

function rowsOf(rows: readonly Row[], most = rows.length): readonly Row[] {
  const left = rows.length - most;
  return left <= 0 ? rows : [...rows.slice(0, most), { name: `and ${formatCount(left)} more` }];
}

function cellsOf({ name, figures }: Row, usd: DisplayUsd): readonly string[] {
  if (figures === undefined) return [name];
  const { input_error_percent: error, estimated_cost_usd: estimate } = figures;
  return [
    ...[name, formatCount(figures.batches), formatCount(figures.requests)],
    ...[formatCount(figures.estimated_input_tokens), formatCount(figures.input_tokens)],
    error === null ? "-" : formatErrorPercent(error),
    ...[figures.cached_tokens, figures.output_tokens, figures.reasoning_tokens].map(formatCount),
    ...[savedCell(figures, usd), usd(estimate ?? undefined), costCell(figures, usd)],
  ];
}

function savedCell({ saved_usd: saved, known_saved_usd: known }: CostFigures, usd: DisplayUsd): string {
  if (known === null) return "-";
  if (saved !== null) return usd(saved);
  return known === 0n ? "unknown" : `${usd(known)} + ?`;
}

/** A sum that lacks something is never shown as if it were whole. */
function costCell(figures: CostFigures, usd: DisplayUsd): string {
  const { cost_usd: cost, known_cost_usd: known, unpriced_requests: unpriced, requests } = figures;
  if (cost !== null) return usd(cost);
  if (unpriced === requests) return "unknown";
  return `${usd(known)} and ${formatQuantity(unpriced, "request")} of unknown price`;
}

function notes(report: CostsReport, { usd, most }: CostsTextOptions): readonly string[] {
  const { all_time: all, under_way: underWay } = report;
  const isClipped = groupsOf(report).some((rows) => rows.length > (most ?? rows.length));
  return [
    ...(all.batches === 0 ? ["Nothing has been billed yet."] : []),
    ...(report.window === null ? [] : [`The window is ${span(report.window)}.`]),
    ...(underWay.batches === 0 ? [] : [`Under way: ${underWayText(underWay, usd)}.`]),
    ...savedLines(report),
    "Input was billed, and counted before; the error is that of the count, where all of a batch was billed.",
    `Days are those of ${report.time_zone}.`,
    ...(isClipped ? ["--by day, model or run shows all of them."] : []),
  ];
}

function savedLines({ all_time: all, window }: CostsReport): readonly string[] {
  const { reused_rows: reused, shared_rows: shared } = window ?? all;
  if (!reused && !shared) return [];
  const rows = `${formatQuantity(reused ?? 0, "row")} from the ledger, ${formatCount(shared ?? 0)} equal to another`;
  return [`Saved${window === null ? "" : " in the window"}: ${rows}.`];
}

function span({ since, until }: NonNullable<CostsReport["window"]>): string {
  return [...(since === null ? [] : [`from ${since}`]), ...(until === null ? [] : [`up to ${until}`])].join(" ");
}

function underWayText(underWay: CostsReport["under_way"], usd: DisplayUsd): string {
  const { batches, requests, estimated_cost_usd: estimate } = underWay;
  const size = `${formatQuantity(batches, "batch", "batches")} with ${formatQuantity(requests, "request")}`;
  return `${size}, estimated at ${estimate === null ? "an unknown price" : usd(estimate)}`;
}
