import type { ServerResponse } from "node:http";
import type { Clock } from "../core/clock.ts";
import { readBlocks } from "./file-blocks.ts";
import type { Content, Delivery, Reply } from "./reply.ts";

/** How long a delivery that tarries takes, and by what clock. */
export interface DeliveryTimes {
  readonly clock: Clock;
  readonly holdMs: number;
}

/** A body that drips comes in so many pieces at most. */
const MAX_DRIPS = 20;

/**
 * Sends a reply, in the way its `delivery` says.
 *
 * @throws when the client goes away first, or the file cannot be read.
 */
export async function deliver(reply: Reply, response: ServerResponse, times: DeliveryTimes): Promise<void> {
  if (response.destroyed) return;
  const deliveries = new Deliveries(reply, response, times);
  await deliveries[reply.delivery]();
}

class Deliveries implements Record<Delivery, () => unknown> {
  readonly #reply: Reply;
  readonly #response: ServerResponse;
  readonly #times: DeliveryTimes;
  readonly #bytes: number;

  constructor(reply: Reply, response: ServerResponse, times: DeliveryTimes) {
    this.#reply = reply;
    this.#response = response;
    this.#times = times;
    this.#bytes = bytesOf(reply.content);
  }

  async whole(): Promise<void> {
    this.#promise(this.#bytes);
    const { content } = this.#reply;
    if (!Buffer.isBuffer(content)) await this.#send(0, this.#bytes);
    this.#response.end(Buffer.isBuffer(content) ? content : undefined);
  }

  reset(): void {
    cut(this.#response);
  }

  async hang(): Promise<void> {
    await this.#wait(this.#times.holdMs);
    cut(this.#response);
  }

  async body_hang(): Promise<void> {
    await this.#sendHalf();
    await this.hang();
  }

  async body_drip(): Promise<void> {
    this.#promise(this.#bytes);
    const drips = Math.max(1, Math.min(MAX_DRIPS, this.#bytes));
    for (let drip = 0; drip < drips; drip++) {
      await this.#send(Math.floor((this.#bytes * drip) / drips), Math.floor((this.#bytes * (drip + 1)) / drips));
      await this.#wait(this.#times.holdMs / drips);
    }
    this.#response.end();
  }

  async body_cut(): Promise<void> {
    await this.#sendHalf();
    cut(this.#response);
  }

  async body_short(): Promise<void> {
    this.#response.writeHead(this.#reply.status, this.#reply.headers);
    await this.#send(0, this.#bytes >> 1);
    this.#response.end();
  }

  /** Sends headers that promise a body of so many bytes. */
  #promise(bytes: number): void {
    this.#response.writeHead(this.#reply.status, { ...this.#reply.headers, "content-length": bytes });
  }

  async #sendHalf(): Promise<void> {
    this.#promise(this.#bytes);
    this.#response.flushHeaders();
    await this.#send(0, Math.floor(this.#bytes / 2));
  }

  async #send(start: number, end: number): Promise<void> {
    const { content } = this.#reply;
    if (Buffer.isBuffer(content)) return send(content.subarray(start, end), this.#response);
    for await (const block of readBlocks(content.path, { start, end })) await send(block, this.#response);
  }

  /** Lets time pass, but no longer than the client is there. */
  async #wait(milliseconds: number): Promise<void> {
    const gone = new AbortController();
    const leave = () => gone.abort(new Error("The client has closed the connection."));
    this.#response.once("close", leave);
    try {
      if (!this.#response.destroyed) await this.#times.clock.sleep(milliseconds, gone.signal);
    } finally {
      this.#response.off("close", leave);
    }
  }
}

/**
 * Ends the connection that a response is for. To destroy the response is not enough: while the one before it on the
 * connection is not quite finished it has no socket yet, and its client would wait for ever.
 */
export function cut(response: ServerResponse): void {
  response.req.socket.destroy();
}

function bytesOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.bytes;
}

/** Resolves when the block has left the process. @throws when the client goes away first. */
function send(block: Buffer, response: ServerResponse): Promise<void> {
  if (block.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error("The client has closed the connection."));
    response.once("close", onClose);
    response.write(block, (error) => {
      response.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
