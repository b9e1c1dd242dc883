import { alignColumns, formatCount } from "./plain-text.ts";

/** Something that is counted, and drawn as a bar. */
export interface Bar {
  readonly label: string;
  readonly count: number;
}

export interface BarOptions {
  /** Columns of the terminal that may be used. */
  readonly width: number;
  /** What stands above labels and counts. */
  readonly head?: readonly [label: string, count: string];
  /** Put before each line. */
  readonly indent?: string;
  /** How labels are aligned: `l` or `r`. */
  readonly alignment?: "l" | "r";
}

/** Counts as a table of label, count, share and a bar of plain characters. What is there shows, however little it is. */
export function barLines(bars: readonly Bar[], options: BarOptions): readonly string[] {
  const { width, head, indent = "", alignment = "r" } = options;
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  const largest = bars.reduce((most, { count }) => Math.max(most, count), 0);
  const cells = bars.map(({ label, count }) => [label, formatCount(count), share(count, all)]);
  const rows = [...(head === undefined ? [] : [[...head, ""]]), ...cells];
  const lines = alignColumns(rows, { alignment: `${alignment}rr`, indent });
  const top = head === undefined ? 0 : 1;
  return lines.map((line, index) => {
    const count = bars[index - top]?.count ?? 0;
    return count === 0 ? line : withBar(line, count / largest, width);
  });
}

function share(count: number, all: number): string {
  return all === 0 ? "" : `${((100 * count) / all).toFixed(1)}%`;
}

function withBar(line: string, part: number, width: number): string {
  const room = Math.max(0, width - line.length - 2);
  const length = Math.min(room, Math.max(1, Math.round(part * room)));
  return `${line}  ${"#".repeat(length)}`.trimEnd();
}
