import type { IncomingMessage, ServerResponse } from "node:http";
import { systemCodeOf } from "../core/errors.ts";
import { type CountedCall, deliveryUnder, replyInstead } from "./call-faults.ts";
import { cut, deliver } from "./delivery.ts";
import { ApiError } from "./errors.ts";
import { chunksOf, newRequestId } from "./http.ts";
import { errorReply, type Reply } from "./reply.ts";
import { type Match, route } from "./router.ts";
import type { Services } from "./services.ts";

/** Answers one call over HTTP, with whatever fault befalls it. Never rejects. */
export async function serve(request: IncomingMessage, response: ServerResponse, services: Services): Promise<void> {
  const requestId = newRequestId();
  response.setHeader("x-request-id", requestId);
  try {
    const reply = await new Call(request, requestId, services).reply();
    await deliver(reply, response, { clock: services.clock, holdMs: services.faults.holdMs });
  } catch {
    // The client has gone, or the content could not be read to its end: there is nobody to tell, or no way to.
    cut(response);
  } finally {
    // What was not read of a refused upload: the client would otherwise hang in the middle of it.
    request.resume();
  }
}

/** A request's body of unknown length counts as that long. */
const UNKNOWN_BODY_BYTES = 65_536;

class Call {
  readonly #request: IncomingMessage;
  readonly #requestId: string;
  readonly #services: Services;

  constructor(request: IncomingMessage, requestId: string, services: Services) {
    this.#request = request;
    this.#requestId = requestId;
    this.#services = services;
  }

  /** @throws when the client has gone */
  async reply(): Promise<Reply> {
    try {
      const url = new URL(this.#request.url ?? "/", "http://emulator");
      const match = matchOf(this.#request, url.pathname);
      if (match.operation.includes(" /emulator/")) return await this.#carryOut(match, url, 0);
      const counted = this.#services.callFaults.next(match.operation);
      checkKey(this.#request, this.#services.apiKey);
      return await this.#suffer(counted, () => this.#carryOut(match, url, counted.number));
    } catch (error) {
      if (systemCodeOf(error) === "ECONNRESET") throw error;
      return errorReply(error);
    }
  }

  async #suffer({ fault, share }: CountedCall, carryOut: () => Promise<Reply>): Promise<Reply> {
    const instead = replyInstead(fault);
    if (fault === undefined) return carryOut();
    if (instead !== undefined) {
      this.#services.faultLog.add(fault);
      if (fault === "reset_before") await this.#takeIn(share);
      return instead;
    }
    const reply = await carryOut().catch(errorReply);
    const delivery = deliveryUnder(fault, reply);
    if (delivery === undefined) return reply;
    this.#services.faultLog.add(fault);
    return { ...reply, delivery };
  }

  #carryOut({ handler, id }: Match, url: URL, callNumber: number): Promise<Reply> {
    const query = Object.fromEntries(url.searchParams);
    return handler({ request: this.#request, query, id, requestId: this.#requestId, callNumber }, this.#services);
  }

  /** Reads a share of the request's body, and stops in the middle of it. */
  async #takeIn(share: number): Promise<void> {
    const expected = Number(this.#request.headers["content-length"] ?? UNKNOWN_BODY_BYTES);
    let left = expected * share;
    for await (const chunk of chunksOf(this.#request)) {
      left -= chunk.length;
      if (left <= 0) return;
    }
  }
}

/** @throws {ApiError} 404 */
function matchOf(request: IncomingMessage, path: string): Match {
  const match = route(request.method ?? "GET", path);
  if (match === undefined) throw new ApiError(404, { message: `Invalid URL (${request.method} ${path})` });
  return match;
}

/** @throws {ApiError} 401. The key that was sent is not repeated. */
function checkKey(request: IncomingMessage, apiKey: string | undefined): void {
  const sent = request.headers.authorization ?? `Bearer ${request.headers["api-key"]}`;
  if (apiKey === undefined || sent === `Bearer ${apiKey}`) return;
  throw new ApiError(401, { message: "Incorrect API key provided.", code: "invalid_api_key" });
}
