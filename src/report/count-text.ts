import type { CountDetails, CountFigures, CountReport, ExpectedOutput } from "./count.ts";
import { tokenHistogram } from "./count-histogram.ts";
import { alignColumns, formatBytes, formatCount, formatQuantity, printable } from "./plain-text.ts";

/** What was counted as lines for people: a table, a histogram, and what asking all of it would take. */
export function formatCountReport(report: CountReport, details: CountDetails): string {
  const blocks = [
    [`${report.model === null ? "no model" : printable(report.model)}, encoding ${report.encoding}`],
    table(report, ROW_HEAD, "lrrrr", rowCells),
    table(report, TOKEN_HEAD, "lrrrrrrr", tokenCells),
    tokenHistogram(details.distribution),
    alignColumns([...batchLines(report, details), ...costLines(report, details), ...schemaLines(report)], {
      alignment: "ll",
    }),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(""))
    .join("\n");
}

const ROW_HEAD = ["rows", "bad rows", "bytes", "chunks"];
const TOKEN_HEAD = ["input tokens", "mean", "min", "p50", "p95", "p99", "max"];

/** A line for each file and, if there are several, one for all. */
function table(
  { files, total }: CountReport,
  head: readonly string[],
  alignment: string,
  cellsOf: (figures: CountFigures) => readonly string[],
): readonly string[] {
  const rows = files.map((file) => [file.path === "-" ? "stdin" : printable(file.path), ...cellsOf(file)]);
  const sum = files.length > 1 ? [["total", ...cellsOf(total)]] : [];
  return alignColumns([["", ...head], ...rows, ...sum], { alignment });
}

function rowCells({ rows, bad_rows: badRows, bytes, chunks }: CountFigures): readonly string[] {
  return [formatCount(rows), formatCount(badRows), formatBytes(bytes), formatCount(chunks)];
}

function tokenCells({ tokens }: CountFigures): readonly string[] {
  const { total, mean, min, p50, p95, p99, max } = tokens;
  return [formatCount(total), mean === null ? "-" : mean.toFixed(1), ...[min, p50, p95, p99, max].map(known)];
}

function known(count: number | null): string {
  return count === null ? "-" : formatCount(count);
}

function batchLines({ total }: CountReport, { limits, contextWindow }: CountDetails): string[][] {
  const { requests, bytes, tokens } = limits;
  const ofTokens = Number.isFinite(tokens) ? `, ${formatQuantity(tokens, "token")}` : "";
  const size = `${formatQuantity(requests, "request")}, ${formatBytes(bytes)}${ofTokens}`;
  const window = contextWindow === undefined ? "" : `, which holds ${formatCount(contextWindow)} tokens`;
  const over = `${formatQuantity(total.over_context, "request")} would fail: over the context window${window}`;
  return [
    ["batches", `${formatCount(total.chunks)}, each of at most ${size}`],
    ...(total.over_context === 0 ? [] : [["context", over]]),
  ];
}

function costLines({ model }: CountReport, { costs, pricesAsOf, expected }: CountDetails): string[][] {
  if (costs === undefined) return [["cost", unknownCost(model)]];
  return [
    [
      "cost",
      `${costs.batch} in batches, ${costs.live} live${pricesAsOf === undefined ? "" : `, by prices of ${pricesAsOf}`}`,
    ],
    ["", assumption(expected)],
  ];
}

function unknownCost(model: string | null): string {
  return `unknown: ${model === null ? "no model is given" : `there is no price for ${printable(model)}`}`;
}

function assumption({ tokens, source }: ExpectedOutput): string {
  switch (source) {
    case "expected":
      return `with ${formatQuantity(tokens, "output token")} a request, as expected`;
    case "limit":
      return `with ${formatQuantity(tokens, "output token")} a request, the most that are allowed`;
    case "seen":
      return `with ${formatQuantity(tokens, "output token")} a request, the mean of earlier runs`;
    case "none-needed":
      return "of the input; embeddings have no output";
    case "unknown":
      return "of the input alone; --expect-output-tokens N adds the output";
  }
}

function schemaLines({ tokens_of_schema: tokens, overhead_tokens: overhead }: CountReport): string[][] {
  if (overhead !== null && overhead > 0) {
    const more = `${formatQuantity(overhead, "token")} more in each request, as earlier runs were billed:`;
    return [
      ["overhead", more],
      ["", "in batches and cost, in no table"],
    ];
  }
  if (tokens === 0) return [];
  const said = `some ${formatQuantity(tokens, "token")} more in each request, in no figure above:`;
  return [
    ["schema", said],
    ["", "how the provider counts them is not documented"],
  ];
}
