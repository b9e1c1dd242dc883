import type { FailureCode } from "./records.ts";

/**
 * Failures of the way rather than of the request: a later run may well get an answer, and none was paid for. All
 * others are final; asking again would pay again for the same.
 */
const WORTH_RETRYING: ReadonlySet<FailureCode> = new Set([
  "rate_limited",
  "server_error",
  "expired",
  "cancelled",
  "missing_result",
  "budget_exceeded",
]);

export function isWorthRetrying(code: FailureCode): boolean {
  return WORTH_RETRYING.has(code);
}
