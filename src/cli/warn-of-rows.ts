import type { Logger } from "../core/logger.ts";
import type { Failure } from "../core/records.ts";

/** A few rows that cannot be asked. */
interface NamedRows {
  readonly first: readonly { readonly place: string; readonly failure: Failure }[];
}

/** Names rows that cannot be asked, one by one. */
export function warnOfRows(log: Logger, { first }: NamedRows): void {
  for (const { place, failure } of first) {
    // The message of a bad record names its place, and the column, itself.
    const { code, message } = failure;
    log.warn(code === "bad_input" ? `${code}: ${message}` : `${place}: ${code}: ${message}`);
  }
}
