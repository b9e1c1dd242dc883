import { BgPipeError, type ErrorDetails, EXIT } from "../core/errors.ts";
import type { BatchError } from "./provider.ts";

/**
 * How a call to a provider failed.
 *
 * - `key_refused`: there will be no answer with this key.
 * - `quota`: credit or quota is used up; a person has to do something first.
 * - `rate_limited`: not now; the call was not carried out.
 * - `unavailable`: no answer, a server error, or an answer that is not the API's. **Whether the call was carried out is
 *   unclear**, unless `isUnsent`.
 * - `not_found`: the file or batch does not exist, or not yet.
 * - `rejected`: the provider will not have it, now or later.
 */
export type ProviderErrorKind = "key_refused" | "quota" | "rate_limited" | "unavailable" | "not_found" | "rejected";

const EXIT_STATUSES: Readonly<Record<ProviderErrorKind, number>> = {
  key_refused: EXIT.keyRefused,
  quota: EXIT.unfinished,
  rate_limited: EXIT.unfinished,
  unavailable: EXIT.providerUnreachable,
  not_found: EXIT.providerUnreachable,
  rejected: EXIT.configuration,
};

export interface ProviderErrorDetails extends ErrorDetails {
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The provider's own error code, or else its type of error. */
  readonly providerCode?: string;
  /** Its own words, without the key. */
  readonly providerMessage?: string;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the call is known not to have left this machine. */
  readonly isUnsent?: boolean;
  /** What is wrong with which line of a batch's input file, where the provider says so at once. */
  readonly batchErrors?: readonly BatchError[];
}

/** A call to a provider that did not succeed. */
export class ProviderError extends BgPipeError {
  readonly kind: ProviderErrorKind;
  readonly status: number | undefined;
  readonly providerCode: string | undefined;
  readonly providerMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isUnsent: boolean;
  readonly batchErrors: readonly BatchError[] | undefined;

  constructor(kind: ProviderErrorKind, message: string, details: ProviderErrorDetails = {}) {
    super(kind, EXIT_STATUSES[kind], message, details);
    this.kind = kind;
    this.status = details.status;
    this.providerCode = details.providerCode;
    this.providerMessage = details.providerMessage;
    this.retryAfterMs = details.retryAfterMs;
    this.isUnsent = details.isUnsent ?? false;
    this.batchErrors = details.batchErrors;
  }
}

/** Whether the same call may succeed later without anybody doing anything. */
export function isTransient(error: unknown): boolean {
  return error instanceof ProviderError && (error.kind === "unavailable" || error.kind === "rate_limited");
}

/** Whether a call that failed may have been carried out all the same. */
export function isUnclear(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "unavailable" && !error.isUnsent;
}
