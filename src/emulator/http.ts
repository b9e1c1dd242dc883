import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { badRequest } from "./errors.ts";

/** One call: what came, and what the path's placeholder stands for. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly query: Readonly<Record<string, string>>;
  /** The `:id` of the path, else empty. */
  readonly id: string;
  readonly requestId: string;
  /** How many calls of its operation there were on the directory, this one included. */
  readonly callNumber: number;
}

/** A new value for the `x-request-id` header. */
export function newRequestId(): string {
  return `req_${randomBytes(16).toString("hex")}`;
}

/**
 * Reads a JSON body.
 *
 * @throws {ApiError} 400 when it is too large, or no JSON object.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw badRequest("request_too_large", `The body is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  const body = parseJson(Buffer.concat(chunks).toString());
  if (!isObject(body))
    throw badRequest(null, "We could not parse the JSON body of your request. An object is expected.");
  return body;
}

/** A request's body. Whoever leaves off early leaves the rest to be drained, where iterating it would destroy it. */
export function chunksOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
