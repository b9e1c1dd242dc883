import { APIConnectionTimeoutError, type OpenAI } from "openai";
import type { LiveReply, LiveRequest } from "../provider.ts";

/** The address that a client is given holds it already. */
const VERSION_PREFIX = "/v1";
/** Timers take no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Makes one call to an ordinary endpoint. The body goes out as it is: serialised anew, what the provider has cached of
 * it might not be found. The time limit holds for the whole reply; the SDK's own ends with its headers.
 *
 * @throws the signal's reason, what the SDK throws, and a SyntaxError for a reply that is not JSON
 */
export async function askLive(client: OpenAI, request: LiveRequest): Promise<LiveReply> {
  const { signal } = request;
  const end = new AbortController();
  const timeout = Math.min(request.timeoutMs, MAX_TIMER_MS);
  const stop = () => end.abort(signal.reason);
  const timer = setTimeout(() => end.abort(), timeout);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await call(client, request, { timeout, signal: end.signal });
  } catch (error) {
    signal.throwIfAborted();
    throw end.signal.aborted ? new APIConnectionTimeoutError() : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

interface CallLimits {
  readonly timeout: number;
  readonly signal: AbortSignal;
}

async function call(client: OpenAI, { endpoint, bodyText }: LiveRequest, limits: CallLimits): Promise<LiveReply> {
  const path = endpoint.startsWith(VERSION_PREFIX) ? endpoint.slice(VERSION_PREFIX.length) : endpoint;
  const headers = { "content-type": "application/json" };
  const response = await client.post(path, { body: Buffer.from(bodyText), headers, ...limits }).asResponse();
  const text = await response.text();
  JSON.parse(text);
  const requestId = response.headers.get("x-request-id");
  return {
    bodyText: text,
    ...(requestId === null ? {} : { requestId }),
    header: (name) => response.headers.get(name),
  };
}
