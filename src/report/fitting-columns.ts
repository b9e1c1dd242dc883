import { alignColumns } from "./plain-text.ts";

export interface FittingTable {
  readonly lines: readonly string[];
  /** Names of the columns that had no room. */
  readonly left: readonly string[];
}

/**
 * A table that keeps within a terminal: columns are left out, one after the other, until it does.
 *
 * @param rows The first has the names of the columns.
 * @param dispensable Names of columns, the one to leave out first first.
 * @param width Columns of the terminal; without it nothing is left out.
 */
export function fittingColumns(
  rows: readonly (readonly string[])[],
  { alignment, dispensable, width = Number.POSITIVE_INFINITY }: FittingOptions,
): FittingTable {
  const [head = []] = rows;
  for (let count = 0; ; count++) {
    const left = dispensable.slice(0, count);
    const isKept = (_: string, index: number) => !left.includes(head[index] ?? "");
    const lines = alignColumns(
      rows.map((row) => row.filter(isKept)),
      { alignment: [...alignment].filter(isKept).join("") },
    );
    if (count >= dispensable.length || lines.every((line) => line.length <= width)) return { lines, left };
  }
}

interface FittingOptions {
  /** A letter per column: `l` or `r`. */
  readonly alignment: string;
  readonly dispensable: readonly string[];
  readonly width?: number | undefined;
}
