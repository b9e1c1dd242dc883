import type { OpenAI } from "openai";
import type { LiveReply, LiveRequest } from "../provider.ts";

/** The address that a client is given holds it already. */
const VERSION_PREFIX = "/v1";

/**
 * Makes one call to an ordinary endpoint. The body goes out as it is: serialised anew, what the provider has cached of
 * it might not be found.
 *
 * @throws what the SDK throws, and a SyntaxError for a reply that is not JSON
 */
export async function askLive(client: OpenAI, request: LiveRequest): Promise<LiveReply> {
  const { endpoint, bodyText, timeoutMs, signal } = request;
  const path = endpoint.startsWith(VERSION_PREFIX) ? endpoint.slice(VERSION_PREFIX.length) : endpoint;
  const headers = { "content-type": "application/json" };
  const response = await client
    .post(path, { body: Buffer.from(bodyText), headers, timeout: timeoutMs, signal })
    .asResponse();
  const text = await response.text();
  JSON.parse(text);
  const requestId = response.headers.get("x-request-id");
  return {
    bodyText: text,
    ...(requestId === null ? {} : { requestId }),
    header: (name) => response.headers.get(name),
  };
}
