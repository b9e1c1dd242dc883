import { APIConnectionError, APIError } from "openai";
import { ZodError } from "zod";
import { messageOf } from "../../core/errors.ts";
import { QUOTA_CODES } from "../../core/quota-codes.ts";
import { redact } from "../../core/redact.ts";
import { ProviderError, type ProviderErrorKind } from "../provider-error.ts";

/** The longest wait a provider may impose: it is asked again after that, whatever its `retry-after` says. */
const RETRY_AFTER_CAP_MS = 60_000;

/** Whose error it is, and what must not show in it. */
export interface ErrorContext {
  readonly provider: string;
  readonly apiKey: string | undefined;
}

/** What the SDK throws, as a {@link ProviderError}. Anything else (an abort, a disk error) stays what it is. */
export function translateError(error: unknown, operation: string, context: ErrorContext): unknown {
  const { provider } = context;
  if (error instanceof APIConnectionError) {
    const reason = error.cause === undefined ? error.message : deepestMessage(error.cause);
    return new ProviderError("unavailable", `${provider} did not answer to "${operation}": ${reason}`, {
      hint: "Check the network and --base-url, then run the same command again.",
      cause: error,
    });
  }
  if (error instanceof APIError) return ofStatus(error, operation, context);
  if (!isBrokenReply(error)) return error;
  return new ProviderError("unavailable", `${provider} answered "${operation}" with something that is no such answer`, {
    hint: "Is --base-url right? Else run the same command again; it goes on from here.",
    cause: error,
  });
}

function ofStatus(error: APIError, operation: string, { provider, apiKey }: ErrorContext): ProviderError {
  const code = typeof error.code === "string" ? error.code : undefined;
  const kind = kindOf(error.status ?? 0, code);
  const retryAfterMs = retryAfterOf(error.headers);
  return new ProviderError(kind, `${provider} answered "${operation}" with ${describe(error, apiKey)}`, {
    hint: HINTS[kind],
    cause: error,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(code === undefined ? {} : { providerCode: code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** A body that breaks off, is not JSON (a proxy's page), or not the object that was asked for. */
function isBrokenReply(error: unknown): boolean {
  return error instanceof ZodError || error instanceof SyntaxError || error instanceof TypeError;
}

const HINTS: Readonly<Record<ProviderErrorKind, string>> = {
  key_refused: "Check the key in OPENAI_API_KEY or --api-key-file, and that it is meant for this provider.",
  quota: "Add credit or raise the limit at the provider, then run the same command again; no row has failed.",
  rate_limited: "Run the same command again later; it goes on from here.",
  unavailable: "Run the same command again; it goes on from here.",
  not_found: "Check --base-url.",
  rejected: "Check --model, --endpoint and --param against the provider's documentation.",
};

function kindOf(status: number, code: string | undefined): ProviderErrorKind {
  if (status === 401 || status === 403) return "key_refused";
  if (code !== undefined && QUOTA_CODES.has(code)) return "quota";
  if (status === 429) return "rate_limited";
  if (status === 404) return "not_found";
  if (status === 0 || status === 408 || status >= 500) return "unavailable";
  return "rejected";
}

/** A 502 from a proxy brings a page of HTML; one line of it is enough. */
function describe(error: APIError, apiKey: string | undefined): string {
  // Some providers repeat the key that they refuse.
  const text = redact(error.message, apiKey === undefined ? [] : [apiKey])
    .replace(/\s+/g, " ")
    .trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date, capped. */
function retryAfterOf(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (Number.isFinite(milliseconds)) return capped(milliseconds);
  const value = headers?.get("retry-after") ?? "";
  const seconds = Number.parseFloat(value);
  if (Number.isFinite(seconds)) return capped(seconds * 1000);
  const date = Date.parse(value);
  return Number.isFinite(date) ? capped(date - Date.now()) : undefined;
}

function capped(delayMs: number): number {
  return Math.min(Math.max(delayMs, 0), RETRY_AFTER_CAP_MS);
}

function deepestMessage(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return deepestMessage(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return deepestMessage(error.errors[0]);
  return messageOf(error);
}
