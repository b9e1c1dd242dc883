import { formatCount, formatDuration } from "../plain-text.ts";
import { displayTokens } from "./amounts.ts";
import { cell, clip, type Style, type StyledLine } from "./styled-text.ts";
import type { BatchView } from "./view.ts";

/** A column of the table. On a narrow terminal the one with the highest rank goes first. */
interface Column {
  readonly title: string;
  readonly rank: number;
  readonly isRight?: true;
  readonly text: (batch: BatchView) => string;
  readonly style?: (batch: BatchView) => Style | undefined;
}

const ID_LENGTH = 8;
const BAR_WIDTH = 20;
const GAP = "  ";

const COLUMNS: readonly Column[] = [
  { title: "batch", rank: 3, text: ({ id }) => cell(id).slice(-ID_LENGTH), style: () => "dim" },
  { title: "state", rank: 0, text: ({ status }) => cell(status), style: ({ status }) => STATE_STYLES[status] },
  { title: "done", rank: 1, isRight: true, text: ({ done }) => formatCount(done) },
  { title: "of", rank: 2, isRight: true, text: ({ requests }) => formatCount(requests) },
  { title: "", rank: 6, text: bar, style: ({ status }) => STATE_STYLES[status] },
  {
    title: "failed",
    rank: 4.5,
    isRight: true,
    text: ({ failed }) => formatCount(failed),
    style: ({ failed }) => (failed > 0 ? "red" : undefined),
  },
  { title: "tokens", rank: 5, isRight: true, text: ({ tokens }) => displayTokens(tokens) },
  { title: "age", rank: 4, isRight: true, text: ({ ageMs }) => formatDuration(ageMs) },
];

const STATE_STYLES: Readonly<Record<string, Style>> = {
  completed: "green",
  in_progress: "cyan",
  finalizing: "cyan",
  failed: "red",
  expired: "yellow",
  cancelled: "yellow",
  cancelling: "yellow",
};

/** The batches as a table with a head, in as many columns as fit, and at most so many lines. */
export function batchTable(batches: readonly BatchView[], { width, lines }: Room): readonly StyledLine[] {
  if (batches.length === 0 || lines < 2) return [];
  const isWhole = batches.length + 1 <= lines;
  const shown = isWhole ? batches : batches.slice(0, lines - 2);
  const columns = fitting(shown, width);
  const head = columns.map(({ column, size }) => ({ text: padded(column, column.title, size), style: "dim" as const }));
  const rows = shown.map((batch) => columns.map(({ column, size }) => piece(column, batch, size)));
  const more = isWhole
    ? []
    : [[{ text: `and ${formatCount(batches.length - shown.length)} more`, style: "dim" as const }]];
  return [spaced(head), ...rows.map(spaced), ...more].map((line) => clip(line, width));
}

interface Room {
  /** Columns of the terminal that may be used. */
  readonly width: number;
  readonly lines: number;
}

interface Sized {
  readonly column: Column;
  readonly size: number;
}

function fitting(batches: readonly BatchView[], width: number): readonly Sized[] {
  let columns = COLUMNS.map((column) => ({ column, size: sizeOf(column, batches) }));
  while (columns.length > 1 && totalOf(columns) > width) {
    const last = Math.max(...columns.map(({ column }) => column.rank));
    columns = columns.filter(({ column }) => column.rank !== last);
  }
  return columns;
}

function sizeOf({ title, text }: Column, batches: readonly BatchView[]): number {
  return batches.reduce((size, batch) => Math.max(size, text(batch).length), title.length);
}

function totalOf(columns: readonly Sized[]): number {
  return columns.reduce((total, { size }) => total + size, GAP.length * (columns.length - 1));
}

function piece(column: Column, batch: BatchView, size: number) {
  const text = padded(column, column.text(batch), size);
  const style = column.style?.(batch);
  return style === undefined ? { text } : { text, style };
}

function padded({ isRight }: Column, text: string, size: number): string {
  return isRight === true ? text.padStart(size) : text.padEnd(size);
}

function spaced(pieces: StyledLine): StyledLine {
  return pieces.flatMap((one, index) => (index === 0 ? [one] : [{ text: GAP }, one]));
}

function bar({ done, failed, requests }: BatchView): string {
  const share = requests === 0 ? 0 : Math.min(1, (done + failed) / requests);
  return "#".repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, ".");
}
