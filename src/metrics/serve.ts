import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf, OutputError } from "../core/errors.ts";

/** Where scrapers find the metrics. */
const PATH = "/metrics";
const HOST = "127.0.0.1";
/** One scraper needs no more, and one that hangs must not keep its socket. */
const TIMEOUT_MS = 10_000;

/** What is told to who scrapes. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** A server that is up. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the metrics at `/metrics` on the loopback interface. It does not keep the process alive.
 *
 * @param port 0 for any that is free.
 * @throws {OutputError} when the port is taken
 */
export async function serveMetrics(exposition: Exposition, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => void answer(request, response, exposition));
  server.requestTimeout = TIMEOUT_MS;
  server.unref();
  await listen(server, port);
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${actual}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const hint = "Name another --metrics-port, or 0 for any that is free.";
      reject(
        new OutputError("cannotCreate", `cannot serve metrics on port ${port}: ${messageOf(error)}`, {
          hint,
          cause: error,
        }),
      );
    });
    server.listen(port, HOST, resolve);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, exposition: Exposition): Promise<void> {
  const path = request.url?.split("?")[0];
  if (path !== PATH) return end(response, 404, `The metrics are at ${PATH}.\n`);
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, "GET only.\n");
  try {
    const text = await exposition.text();
    response.setHeader("content-type", exposition.contentType);
    end(response, 200, text);
  } catch {
    end(response, 500, "The metrics could not be gathered.\n");
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}
