import type { RequestRow } from "./records.ts";

/** The requests of one row, at least one. */
export type RowRequests = readonly [RequestRow, ...RequestRow[]];

/** Puts neighbours together that share one row object: the requests of a row that is asked several times. */
export function requestsByRow(rows: readonly RequestRow[]): readonly RowRequests[] {
  const groups: [RequestRow, ...RequestRow[]][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0].row === row.row) last.push(row);
    else groups.push([row]);
  }
  return groups;
}
