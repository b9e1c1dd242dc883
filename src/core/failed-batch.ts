import { QUOTA_CODES } from "./quota-codes.ts";

/** One reason a provider gives for turning a whole batch away. */
export interface BatchComplaint {
  readonly code: string;
  readonly message: string;
  /** 1-based line of the input file. */
  readonly line?: number;
}

/** What to do about a batch that the provider turned away before it began. Nothing of it was billed. */
export type FailedBatchVerdict =
  /** Too much is enqueued: wait, then send the same file in again. `limit` is in tokens, where the message says it. */
  | { readonly kind: "wait"; readonly limit: number | undefined }
  /** Credit or quota is used up: a person has to do something first. */
  | { readonly kind: "pause" }
  /** The provider does not find a file it has; it is seen during incidents, for hours. */
  | { readonly kind: "fileNotFound" }
  /** The provider is at fault, or gives no reason. */
  | { readonly kind: "tryAgain" }
  /** The requests themselves are at fault. */
  | { readonly kind: "stop" };

/** Judges the errors of a batch with status `failed`. Source: errors quoted from the API (openai-python#2084 and others). */
export function judgeFailedBatch(errors: readonly BatchComplaint[]): FailedBatchVerdict {
  const full = errors.find(({ code }) => code === "token_limit_exceeded");
  if (full !== undefined) return { kind: "wait", limit: limitIn(full.message) };
  if (errors.some(({ code }) => QUOTA_CODES.has(code))) return { kind: "pause" };
  const isLost = errors.some(({ message, line }) => line === undefined && /cannot find file/i.test(message));
  if (isLost) return { kind: "fileNotFound" };
  const isTheirs = errors.every(({ code }) => code === "server_error" || code === "unknown");
  return { kind: isTheirs ? "tryAgain" : "stop" };
}

/** "… Limit: 2,000,000 enqueued tokens. …" */
function limitIn(message: string): number | undefined {
  const digits = /limit:\s*([\d,]+)/i.exec(message)?.[1]?.replaceAll(",", "");
  return digits === undefined ? undefined : Number.parseInt(digits, 10);
}
