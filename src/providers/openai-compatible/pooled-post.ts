import { once } from "node:events";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { buffer } from "node:stream/consumers";

/** Connections are kept: a live run makes thousands of calls to one address. */
const HTTP = new HttpAgent({ keepAlive: true });
const HTTPS = new HttpsAgent({ keepAlive: true });
/** Statuses that a `Response` takes without a body only. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Posts bytes, and reads the whole answer, by `node:http`. Redirections are not followed.
 *
 * Measured beside the built-in fetch: see `bench/live/RESULTS.md`.
 */
export async function pooledPost(url: URL, init: RequestInit, body: Uint8Array): Promise<Response> {
  const isSecure = url.protocol === "https:";
  const request = (isSecure ? requestHttps : requestHttp)(url, {
    agent: isSecure ? HTTPS : HTTP,
    method: "POST",
    headers: { ...Object.fromEntries(new Headers(init.headers)), "content-length": `${body.byteLength}` },
    ...(init.signal ? { signal: init.signal } : {}),
  });
  request.end(body);
  const [message]: IncomingMessage[] = await once(request, "response");
  if (message === undefined) throw new TypeError("fetch failed");
  const content = await buffer(message);
  const status = message.statusCode ?? 500;
  return new Response(WITHOUT_BODY.has(status) ? null : content, { status, headers: headersOf(message) });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return result;
}
