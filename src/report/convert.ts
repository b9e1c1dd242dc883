import type { Failure, FailureCode } from "../core/records.ts";
import { formatCount, formatQuantity } from "./plain-text.ts";

/** What `convert` did. */
export interface ConvertReport {
  readonly rows: number;
  /** The first input's format. */
  readonly from: string;
  readonly to: string;
  /** Records that cannot be read: how many, and the first few. */
  readonly failed: {
    readonly byCode: ReadonlyMap<FailureCode, number>;
    readonly first: readonly { readonly place: string; readonly failure: Failure }[];
  };
}

/** The report as a line for people. */
export function formatConvert({ rows, from, to, failed }: ConvertReport): string {
  const unread = [...failed.byCode.values()].reduce((sum, count) => sum + count, 0);
  const rest = unread === 0 ? "" : `, ${formatCount(unread)} of them left out: they cannot be read`;
  return `${formatQuantity(rows, "row")} from ${from} to ${to}${rest}\n`;
}
