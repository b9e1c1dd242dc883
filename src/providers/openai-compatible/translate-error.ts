import { APIConnectionError, APIError } from "openai";
import { ZodError } from "zod";
import { messageOf, systemCodeOf } from "../../core/errors.ts";
import { QUOTA_CODES } from "../../core/quota-codes.ts";
import { redact } from "../../core/redact.ts";
import type { BatchError } from "../provider.ts";
import { ProviderError, type ProviderErrorKind } from "../provider-error.ts";
import { hintFor } from "./error-hints.ts";
import { parseBatchErrors } from "./wire.ts";

/** The longest wait a provider may impose: it is asked again after that, whatever its `retry-after` says. */
export const RETRY_AFTER_CAP_MS = 60_000;

/** Whose error it is, and what must not show in it. */
export interface ErrorContext {
  readonly provider: string;
  readonly apiKey: string | undefined;
}

/**
 * What the SDK throws, as a {@link ProviderError}. Anything else (an abort, a disk error) stays what it is. No text of
 * the result holds the key, and its cause holds no body and no header.
 */
export function translateError(error: unknown, operation: string, context: ErrorContext): unknown {
  if (error instanceof APIConnectionError) return unanswered(error, operation, context);
  if (error instanceof APIError) return ofStatus(error, operation, context);
  if (!isBrokenReply(error)) return error;
  const message = `${context.provider} answered "${operation}" with something that is no such answer`;
  return new ProviderError("unavailable", message, {
    hint: "Is --base-url right? Else run the same command again; it goes on from here.",
    cause: causeOf(error, context),
  });
}

/**
 * Whether it is the API that answers: an error in its own form. Proxies, and servers at a wrong address, have pages or
 * other JSON.
 */
export function isAnswerOfApi(error: unknown): boolean {
  if (!(error instanceof APIError) || error.status === undefined) return false;
  const body = error.error;
  if (typeof body !== "object" || body === null) return false;
  return ["message", "code"].some((field) => typeof Reflect.get(body, field) === "string") || hasBatchErrors(body);
}

function hasBatchErrors(body: unknown): boolean {
  return parseBatchErrors(body).length > 0;
}

function unanswered(error: APIConnectionError, operation: string, context: ErrorContext): ProviderError {
  const reason = error.cause === undefined ? error : deepestOf(error.cause);
  const message = `${context.provider} did not answer to "${operation}": ${masked(messageOf(reason), context)}`;
  return new ProviderError("unavailable", message, {
    hint: "Check the network and --base-url, then run the same command again.",
    cause: causeOf(error, context),
    isUnsent: isOfConnecting(reason),
  });
}

/** While there is no connection, nothing is sent. */
function isOfConnecting(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const isCall = "syscall" in reason && (reason.syscall === "connect" || reason.syscall === "getaddrinfo");
  return isCall || systemCodeOf(reason) === "UND_ERR_CONNECT_TIMEOUT";
}

function ofStatus(error: APIError, operation: string, context: ErrorContext): ProviderError {
  const status = error.status ?? 0;
  const codes = [error.code, error.type].filter((code) => typeof code === "string").filter((code) => code !== "");
  const batchErrors = status === 400 ? batchErrorsOf(error, context) : [];
  const isOfApi = isAnswerOfApi(error);
  const kind = kindOf(status, [...codes, ...batchErrors.map(({ code }) => code)], isOfApi);
  const retryAfterMs = retryAfterOf(error.headers);
  const text = describe(error, batchErrors, context);
  const [firstCode] = codes;
  const providerCode = firstCode === undefined ? undefined : masked(firstCode, context);
  return new ProviderError(kind, `${context.provider} answered "${operation}" with ${text}`, {
    hint: hintFor({ kind, status, isOfApi, text }),
    cause: causeOf(error, context),
    ...(error.status === undefined ? {} : { status }),
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(isOfApi ? { providerMessage: masked(ownWordsOf(error), context) } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(batchErrors.length === 0 ? {} : { batchErrors }),
  });
}

function ownWordsOf({ error }: APIError): string {
  const message: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : undefined;
  return typeof message === "string" ? message : "";
}

/** A body that breaks off, is empty, is not JSON (a proxy's page), or not the object that was asked for. */
function isBrokenReply(error: unknown): error is Error {
  return error instanceof ZodError || error instanceof SyntaxError || error instanceof TypeError;
}

/** With these, and with anything from 500 on, the call may have been carried out; 499 is a proxy's "client left". */
const UNCLEAR: ReadonlySet<number> = new Set([0, 408, 409, 425, 499]);

/**
 * A redirection counts as unclear: after a 302 or 303 the call may have been carried out, and all of them come from
 * servers at a wrong address. So do 404 and 405 in a form that is not the API's.
 */
function kindOf(status: number, codes: readonly string[], isOfApi: boolean): ProviderErrorKind {
  if (UNCLEAR.has(status) || status >= 500 || status < 400) return "unavailable";
  if (status === 402 || codes.some((code) => QUOTA_CODES.has(code))) return "quota";
  if (status === 401 || status === 403) return "key_refused";
  if (status === 429) return "rate_limited";
  if (!isOfApi && (status === 404 || status === 405)) return "unavailable";
  return status === 404 ? "not_found" : "rejected";
}

function batchErrorsOf(error: APIError, context: ErrorContext): readonly BatchError[] {
  return maskedErrors(parseBatchErrors(error.error), context);
}

/** The same errors, without the key. */
export function maskedErrors(errors: readonly BatchError[], context: ErrorContext): readonly BatchError[] {
  return errors.map((error) => ({
    ...error,
    code: masked(error.code, context),
    message: masked(error.message, context),
    ...(error.param === undefined ? {} : { param: masked(error.param, context) }),
  }));
}

/** What was answered, in a line. A 502 from a proxy brings a page of HTML; the beginning of it is enough. */
function describe(error: APIError, batchErrors: readonly BatchError[], context: ErrorContext): string {
  const { status = 0, headers, message } = error;
  const target = status < 400 ? URL.parse(headers?.get("location") ?? "") : null;
  // Not the whole address: gateways have tokens in their paths.
  if (target !== null) return `${status}, a redirection to ${target.origin}`;
  const said = batchErrors.length > 0 ? `${status} ${listed(batchErrors)}` : message;
  // Some providers repeat the key that they refuse.
  const text = masked(said, context).replace(/\s+/g, " ").trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function listed([first, ...others]: readonly BatchError[]): string {
  if (first === undefined) return "";
  const line = first.line === undefined ? "" : `line ${first.line}: `;
  return `${line}${first.message} (${first.code})${others.length === 0 ? "" : `; and ${others.length} more`}`;
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

/** The SDK's errors hold the reply's headers and body, and fetch's their request: only the words are kept. */
function causeOf(error: Error, context: ErrorContext): Error {
  const cause = new Error(masked(error.message, context));
  cause.name = error.name;
  cause.stack = masked(error.stack ?? "", context);
  return cause;
}

function masked(text: string, { apiKey }: ErrorContext): string {
  return redact(text, apiKey === undefined ? [] : [apiKey]);
}

function deepestOf(error: unknown): unknown {
  if (error instanceof Error && error.cause !== undefined) return deepestOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return deepestOf(error.errors[0]);
  return error;
}
