import type { ChunkLimits } from "./chunk-limits.ts";
import type { Failure, Position, Request, RequestRow } from "./records.ts";
import { requestLine, requestLineBytes } from "./request-line.ts";

/** A request, and where the first row stands that asks it. */
export interface Asked {
  readonly request: Request;
  readonly position: Position;
}

/** The requests of some rows, each once. */
export function distinctRequests(rows: readonly RequestRow[]): readonly Asked[] {
  const asked = new Map<string, Asked>();
  for (const row of rows) {
    if (!("request" in row) || asked.has(row.request.key)) continue;
    asked.set(row.request.key, { request: row.request, position: row.row.position });
  }
  return [...asked.values()];
}

/** A request as a line of a batch's input file, with what is to be known of it. */
export function askedLine({ request: { key, body, bodyText, tokens }, position }: Asked, endpoint: string) {
  const origin = `${position.file}:${position.line}`;
  return { key, tokens, model: body.model, line: requestLine(key, endpoint, bodyText), origin };
}

/** The row, or its failure if its request fits into no chunk. */
export function failIfTooLong(row: RequestRow, endpoint: string, limits: ChunkLimits): RequestRow {
  const failure = "request" in row ? tooLong(row.request, endpoint, limits) : undefined;
  return failure === undefined ? row : { row: row.row, failure };
}

function tooLong({ key, bodyText, tokens }: Request, endpoint: string, limits: ChunkLimits): Failure | undefined {
  const bytes = requestLineBytes(key, endpoint, bodyText);
  if (bytes > limits.bytes) return failure(`the request has ${bytes} bytes, a chunk holds ${limits.bytes}`);
  if (tokens > limits.tokens) return failure(`the request has ${tokens} tokens, a chunk holds ${limits.tokens}`);
  return undefined;
}

function failure(message: string): Failure {
  return { code: "too_long", message };
}
