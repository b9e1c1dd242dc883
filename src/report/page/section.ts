import type { RunReport } from "../run-report.ts";
import type { Html } from "./html.ts";

/** A part of the page. */
export interface PageSection {
  /** The anchor by which it is linked to. */
  readonly id: string;
  readonly title: string;
  /** @returns undefined when there is nothing to show, and then there is no such section */
  render(report: RunReport, context: PageContext): Html | undefined;
}

/** What sections need beside the report. */
export interface PageContext {
  /** Writes an amount of pico-dollars; `unknown` for null. */
  readonly usd: (amount: bigint | null) => string;
}
