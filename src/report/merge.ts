import type { FailureCode } from "../core/records.ts";
import { formatCount, formatQuantity } from "./plain-text.ts";

/** What `merge` made. */
export interface MergeReport {
  readonly rows: number;
  readonly answered: number;
  readonly failed: ReadonlyMap<FailureCode, number>;
  readonly results: {
    /** Requests that the files have a result of. */
    readonly requests: number;
    /** Of those, the ones that no row asks. */
    readonly unused: number;
    /** Lines that are no results. */
    readonly strays: number;
  };
  readonly exitStatus: number;
}

/** The report as a line for people. */
export function formatMerge({ rows, answered, failed, results }: MergeReport): string {
  const failures = [...failed].map(([code, count]) => `${formatCount(count)} ${code}`);
  const parts = [
    `${formatQuantity(rows, "row")} read`,
    `${formatCount(answered)} answered`,
    ...(failures.length === 0 ? [] : [`failed: ${failures.join(", ")}`]),
    ...(results.unused === 0 ? [] : [`${formatQuantity(results.unused, "result")} of no row`]),
  ];
  return `${parts.join(", ")}\n`;
}

/** Whether the results are to other requests than the rows make. */
export function isMismatch({ rows, results }: MergeReport): boolean {
  return rows > 0 && results.requests > 0 && results.unused === results.requests;
}
