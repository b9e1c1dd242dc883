import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";

/**
 * `fetch`, with uploads sent by `node:http`. Measured with a 200 MB upload through the SDK: a peak of 290 MB by the
 * built-in fetch, 107 MB by this, because it waits for the socket before it reads on.
 */
export const streamingFetch: typeof fetch = async (input, init) => {
  const body = init?.body;
  if (!(body instanceof ReadableStream)) return fetch(input, init);
  const url = new URL(input instanceof Request ? input.url : input);
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    method: init?.method ?? "POST",
    headers: Object.fromEntries(new Headers(init?.headers)),
    ...(init?.signal ? { signal: init.signal } : {}),
  });
  const response = once(request, "response");
  const sent = pipeline(Readable.fromWeb(body as NodeReadableStream), request);
  // The other side may answer, and refuse, before it has read everything; its answer counts then.
  const [message]: IncomingMessage[] = await Promise.race([response, sent.then(() => response)]);
  sent.catch(() => {});
  if (message === undefined) throw new TypeError("fetch failed");
  return responseOf(message);
};

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return new Response(Readable.toWeb(message) as unknown as ReadableStream, {
    status: message.statusCode ?? 500,
    headers,
  });
}
