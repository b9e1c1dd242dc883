import type { ErrorBody, ErrorObject } from "./wire.ts";

/** An error as the API answers it: an HTTP status and a body. It never leaves the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: Partial<ErrorObject> & { message: string }, headers: Record<string, string> = {}) {
    super(error.message);
    this.name = "ApiError";
    this.status = status;
    this.body = { error: { type: "invalid_request_error", param: null, code: null, ...error } };
    this.headers = headers;
  }
}

/** 400 with a code, and the parameter it is about. */
export function badRequest(code: string | null, message: string, param: string | null = null): ApiError {
  return new ApiError(400, { message, code, param });
}

/** 400 for a parameter that has to be there. */
export function missingParameter(param: string): ApiError {
  return badRequest("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
}

/** 404 for a file id nobody has. */
export function fileNotFound(id: string): ApiError {
  return new ApiError(404, { message: `No such File object: ${id}`, param: "id" });
}

/** 404 for a batch id nobody has. */
export function batchNotFound(id: string): ApiError {
  return new ApiError(404, { message: `No batch found with id '${id}'.` });
}

/** What live calls are limited in. */
export type LiveUnit = "requests" | "tokens";

interface LimitExcess {
  readonly unit: LiveUnit;
  readonly model: string;
  readonly limit: number;
  readonly requested: number;
  readonly waitMs: number;
}

/** 429 for a live call over a limit per minute, with the wait in its headers. */
export function rateLimited(
  { unit, model, limit, requested, waitMs }: LimitExcess,
  headers: Record<string, string>,
): ApiError {
  const seconds = waitMs / 1000;
  const short = unit === "requests" ? "RPM" : "TPM";
  const message = `Rate limit reached for ${model} on ${unit} per min (${short}): Limit ${limit}, Requested ${requested}. Please try again in ${seconds}s.`;
  const waits = { "retry-after": String(Math.ceil(seconds)), "retry-after-ms": String(waitMs) };
  return new ApiError(429, { message, type: unit, code: "rate_limit_exceeded" }, { ...waits, ...headers });
}

/** 429 that no waiting mends. */
export function insufficientQuota(): ApiError {
  const message = "You exceeded your current quota, please check your plan and billing details.";
  return new ApiError(429, { message, type: "insufficient_quota", code: "insufficient_quota" });
}

/** The error the API gives with a status, as far as it is known; used to rehearse them. */
export function errorOfStatus(status: number): ApiError {
  const known = KNOWN_ERRORS[status] ?? { message: `The emulator was told to answer with status ${status}.` };
  const headers: Record<string, string> = status === 429 ? { "retry-after": "1", "retry-after-ms": "20" } : {};
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return new ApiError(status, { type, ...known }, headers);
}

const OVERLOADED = "The server is overloaded or not ready yet.";

const KNOWN_ERRORS: Readonly<Record<number, Partial<ErrorObject> & { message: string }>> = {
  400: { message: "The emulator was told to reject this request.", code: "invalid_value" },
  401: { message: "Incorrect API key provided.", code: "invalid_api_key" },
  404: { message: "The model does not exist or you do not have access to it.", code: "model_not_found" },
  429: { message: "Rate limit reached. Please try again in 20ms.", type: "requests", code: "rate_limit_exceeded" },
  500: { message: "The server had an error while processing your request.", code: "server_error" },
  503: { message: OVERLOADED, code: "server_is_overloaded" },
};
