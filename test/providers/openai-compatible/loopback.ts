import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { silentLogger } from "../../../src/core/logger.ts";
import { OpenAiCompatibleProvider } from "../../../src/providers/openai-compatible/adapter.ts";
import type { ProviderSettings } from "../../../src/providers/provider.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

export const API_KEY = "sk-a-secret-that-shows-nowhere";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

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

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Breaks the connection without an answer. */
export function drop(request: IncomingMessage): void {
  request.socket.destroy();
}

/** The adapter, pointed at a server; it never really waits. */
export function providerAt(baseUrl: string, settings: Partial<ProviderSettings> = {}): OpenAiCompatibleProvider {
  const dialect = {
    name: "test",
    identity: "test",
    baseUrl,
    limits: { requestsPerBatch: 100, bytesPerBatch: 1_000 },
    poll: { firstMs: 1, maxMs: 1, createTimeoutMs: 60_000, listLagMs: 1 },
  };
  return new OpenAiCompatibleProvider(dialect, {
    baseUrl,
    apiKey: API_KEY,
    isEmbedded: false,
    log: silentLogger,
    clock: new VirtualClock(),
    signal: new AbortController().signal,
    ...settings,
  });
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
