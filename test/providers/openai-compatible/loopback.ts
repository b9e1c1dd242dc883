import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Logger, silentLogger } from "../../../src/core/logger.ts";
import { OpenAiCompatibleProvider } from "../../../src/providers/openai-compatible/adapter.ts";
import type { Dialect } from "../../../src/providers/openai-compatible/dialect.ts";
import type { ProviderSettings } from "../../../src/providers/provider.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

export const API_KEY = "sk-a-secret-that-shows-nowhere";

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A request that has arrived. */
export interface Arrival {
  readonly method: string;
  readonly url: string;
}

/** A server on the loopback that does what the handler says, and remembers what came. */
export async function serve(handler: Handler): Promise<{ readonly url: string; readonly arrivals: Arrival[] }> {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    arrivals.push({ method: request.method ?? "", url: request.url ?? "" });
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, arrivals };
}

/** An address where nobody listens. */
export async function deadAddress(): Promise<string> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${port}/v1`;
}

/** A server on the loopback that answers each request, be it what it may, with these bytes, and hangs up. */
export async function serveBytes(bytes: string | Buffer): Promise<string> {
  const server = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Breaks the connection without an answer. */
export function drop(request: IncomingMessage): void {
  request.socket.destroy();
}

/** The adapter, pointed at a server; it never really waits. */
export function providerAt(
  baseUrl: string,
  settings: Partial<ProviderSettings> = {},
  dialect: Partial<Dialect> = {},
): OpenAiCompatibleProvider {
  const plain = {
    name: "test",
    identity: "test",
    baseUrl,
    limits: { requestsPerBatch: 100, bytesPerBatch: 1_000 },
    takesExpiry: false,
    poll: { firstMs: 1_000, maxMs: 60_000, createTimeoutMs: 60_000, listLagMs: 1 },
  };
  return new OpenAiCompatibleProvider(
    { ...plain, ...dialect },
    {
      baseUrl,
      apiKey: API_KEY,
      isEmbedded: false,
      log: silentLogger,
      clock: new VirtualClock(),
      signal: new AbortController().signal,
      ...settings,
    },
  );
}

/** What a request brings, as text. */
export async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** A file on disk with that text. */
export function fileWith(text: string): string {
  const path = join(temporaryDirectory(), "chunk.jsonl");
  writeFileSync(path, text);
  return path;
}

/** The error that a promise is rejected with. */
export async function errorOf(work: Promise<unknown>): Promise<Error & { hint?: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof Error)) throw new Error("nothing was thrown");
  return error;
}

/** Remembers the names of what was logged, with their levels. */
export class EventLog implements Logger {
  readonly events: string[] = [];
  readonly debug = (message: string) => this.#add("debug", message);
  readonly info = (message: string) => this.#add("info", message);
  readonly warn = (message: string) => this.#add("warn", message);
  readonly error = (message: string) => this.#add("error", message);

  #add(level: string, message: string): void {
    this.events.push(`${level} ${message}`);
  }
}

/** A batch as OpenAI describes it. */
export function wireBatch(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "batch_1",
    object: "batch",
    endpoint: "/v1/chat/completions",
    errors: null,
    input_file_id: "file-1",
    completion_window: "24h",
    status: "in_progress",
    output_file_id: null,
    error_file_id: null,
    created_at: 1_768_000_000,
    request_counts: { total: 3, completed: 1, failed: 0 },
    metadata: { bg_pipe_chunk: "c1" },
    ...fields,
  };
}
