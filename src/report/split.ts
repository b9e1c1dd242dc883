import { alignColumns, formatBytes, formatCount, formatQuantity, printable } from "./plain-text.ts";

/** What `split` made, as `--json` has it. Sizes are bytes of the parts as files. */
export interface SplitReport {
  /** Null when tokens were not counted, or only the encoding was given. */
  readonly model: string | null;
  /** Null when tokens were not counted. */
  readonly encoding: string | null;
  readonly files: readonly SplitFile[];
  readonly total: SplitTotals & { readonly parts: number };
}

export interface SplitTotals {
  readonly rows: number;
  /** Rows that cannot be read; they are in the parts as they are. */
  readonly bad_rows: number;
  readonly bytes: number;
  /** Input tokens of the requests that would be made of the rows; null when they were not counted. */
  readonly tokens: number | null;
}

export interface SplitFile extends SplitTotals {
  /** The input; `-` for stdin. */
  readonly path: string;
  readonly format: string;
  readonly parts: readonly SplitPart[];
}

export interface SplitPart extends SplitTotals {
  readonly path: string;
}

/** The report of these files. */
export function splitReport(
  files: readonly SplitFile[],
  { model, encoding }: Pick<SplitReport, "model" | "encoding">,
): SplitReport {
  const parts = files.reduce((sum, file) => sum + file.parts.length, 0);
  return { model, encoding, files, total: { parts, ...totalsOf(files, encoding !== null) } };
}

/** Sums. @param hasTokens Whether tokens were counted, which nothing tells when there is nothing to sum. */
export function totalsOf(items: readonly SplitTotals[], hasTokens: boolean): SplitTotals {
  const sum = { rows: 0, bad_rows: 0, bytes: 0, tokens: 0 };
  for (const item of items) {
    sum.rows += item.rows;
    sum.bad_rows += item.bad_rows;
    sum.bytes += item.bytes;
    sum.tokens += item.tokens ?? 0;
  }
  return hasTokens ? sum : { ...sum, tokens: null };
}

/** The report as lines for people: a table of parts, and a line per input. */
export function formatSplit({ files, total, model, encoding }: SplitReport): string {
  const hasBadRows = total.bad_rows > 0;
  const cells = (name: string, totals: SplitTotals) => [
    printable(name),
    formatCount(totals.rows),
    ...(hasBadRows ? [formatCount(totals.bad_rows)] : []),
    formatCount(totals.bytes),
    ...(totals.tokens === null ? [] : [formatCount(totals.tokens)]),
  ];
  const head = ["part", "rows", ...(hasBadRows ? ["bad"] : []), "bytes", ...(encoding === null ? [] : ["tokens"])];
  const rows = files.flatMap((file) => file.parts.map((part) => cells(part.path, part)));
  const table = rows.length === 0 ? [] : [...alignColumns([head, ...rows], { alignment: "lrrrr" }), ""];
  const counted = encoding === null ? [] : [`tokens by ${printable(model ?? encoding)}, ${encoding}`];
  return [...table, ...files.map(fileLine), ...counted].map((line) => `${line}\n`).join("");
}

function fileLine({ path, format, rows, bytes, tokens, parts }: SplitFile): string {
  const what = [formatQuantity(rows, "row"), formatBytes(bytes)];
  if (tokens !== null) what.push(formatQuantity(tokens, "token"));
  return `${printable(path)}: ${formatQuantity(parts.length, "part")} in ${format}, ${what.join(", ")}`;
}
