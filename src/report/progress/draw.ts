import { batchTable } from "./batch-table.ts";
import type { StyledLine } from "./styled-text.ts";
import { totalsLine } from "./totals.ts";
import type { ProgressView } from "./view.ts";

/** A terminal's size in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal that is smaller is drawn to as if it were as large. */
const LEAST: Size = { columns: 10, rows: 2 };

/**
 * The view of some runs as lines that stay within a terminal: a line of totals and a table of batches for each. The
 * last column is left free, where some terminals wrap, and the last row, where the cursor stands.
 */
export function drawProgress(views: readonly ProgressView[], size: Size): readonly StyledLine[] {
  const width = Math.max(LEAST.columns, size.columns) - 1;
  const rows = Math.max(LEAST.rows, size.rows) - 1;
  const lines: StyledLine[] = [];
  for (const [index, view] of views.entries()) {
    const others = views.length - index - 1;
    if (lines.length >= rows) break;
    lines.push(totalsLine(view, width));
    const room = Math.max(0, rows - lines.length - others);
    lines.push(...batchTable(view.batches, { width, lines: Math.ceil(room / (others + 1)) }));
  }
  return lines;
}
