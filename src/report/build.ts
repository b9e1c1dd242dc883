import type { Failure, FailureCode } from "../core/records.ts";
import { formatBytes, formatCount, formatQuantity } from "./plain-text.ts";

/** What `build` made. */
export interface BuildReport {
  readonly rows: number;
  /** Lines that were written. */
  readonly requests: number;
  /** Rows whose request another row has made already. */
  readonly shared: number;
  readonly bytes: number;
  /** Rows that cannot be asked: how many by code, and the first few. */
  readonly failed: {
    readonly byCode: ReadonlyMap<FailureCode, number>;
    readonly first: readonly { readonly place: string; readonly failure: Failure }[];
  };
  /** The most that one batch may hold. */
  readonly batches: { readonly requests: number; readonly bytes: number };
}

/** The report as a line for people. */
export function formatBuild({ rows, requests, shared, bytes, failed }: BuildReport): string {
  const failures = [...failed.byCode].map(([code, count]) => `${formatCount(count)} ${code}`);
  const parts = [
    `${formatQuantity(rows, "row")} read`,
    `${formatQuantity(requests, "request")} written (${formatBytes(bytes)})`,
    ...(shared === 0 ? [] : [`${formatCount(shared)} equal to another row`]),
    ...(failures.length === 0 ? [] : [`not asked: ${failures.join(", ")}`]),
  ];
  return `${parts.join(", ")}\n`;
}

/** Whether a provider takes all of it as one batch. */
export function isOneBatch({ requests, bytes, batches }: BuildReport): boolean {
  return requests <= batches.requests && bytes <= batches.bytes;
}
