import type { Failure, FailureCode } from "./records.ts";

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

/** The failure of a request as rows tell it: with how often it was asked. */
export function triedSoOften({ failure, attempts }: { readonly failure: Failure; readonly attempts: number }): Failure {
  return attempts > 1 ? { ...failure, message: `${failure.message} (asked ${attempts} times)` } : failure;
}
