import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Clock, systemClock } from "../core/clock.ts";
import { messageOf, OutputError, systemCodeOf, UsageError } from "../core/errors.ts";
import { Answerers } from "./answerers.ts";
import { AttemptLog } from "./attempts.ts";
import { BatchRunner } from "./batch-runner.ts";
import { BatchStore } from "./batch-store.ts";
import { BillingLog } from "./billing.ts";
import { CallLog } from "./calls.ts";
import { Claims } from "./claims.ts";
import { ApiError } from "./errors.ts";
import { FileStore } from "./file-store.ts";
import { newRequestId, sendJson } from "./http.ts";
import { DEFAULT_LIMITS, type EmulatorLimits } from "./limits.ts";
import { enlist, retire } from "./processes.ts";
import { type Match, route } from "./router.ts";
import type { Services } from "./services.ts";
import { sweepTemporaries } from "./sweep.ts";
import { Turns } from "./turns.ts";
import { type CountTokens, TokenMeters } from "./usage.ts";

export interface EmulatorOptions {
  /** Where everything is kept; made when it is not there. Several emulators may share it. */
  readonly directory: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** The only key let in. Without one, any key or none is. */
  readonly apiKey?: string;
  /** How long a batch takes from its creation to its end, in seconds of the clock. Default 0: as long as the work. */
  readonly batchSeconds?: number;
  /** What the completion window of 24 h is compressed to, in seconds. Default 86,400: not at all. */
  readonly windowSeconds?: number;
  readonly clock?: Clock;
  /** Other limits than OpenAI's, to meet them with little data. */
  readonly limits?: Partial<EmulatorLimits>;
  /** Another count than the real tokenizer's. */
  readonly countTokens?: CountTokens;
}

/** A running emulator. */
export interface Emulator {
  /** What a client takes as its base URL: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** Stops at once, whatever is in flight; another emulator on the directory goes on from there. */
  close(): Promise<void>;
}

/** How many input files are read at the same time. */
const SCANS_AT_ONCE = 2;

/**
 * Serves OpenAI's Files and Batches, and the three endpoints they are for, over HTTP.
 *
 * The directory is the database: the process may be killed at any instant, and the next one carries on. Beside the
 * API there are `GET /emulator/billing` (what was billed) and `GET /emulator/calls` (API calls by operation).
 *
 * @throws {UsageError} when the port cannot be listened on.
 * @throws {OutputError} when the directory cannot be made.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { directory, port = 0, host = "127.0.0.1" } = options;
  await makeDirectory(directory);
  const token = randomUUID();
  const services = createServices(options, token);
  await sweepTemporaries(directory);
  const server = createServer((request, response) => void serve(request, response, services));
  // A large upload over a slow line takes longer than Node's 5 minutes for a whole request.
  server.requestTimeout = 0;
  const bound = await listen(server, port, host);
  await services.runner.resume();
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await services.runner.close();
    await closed;
    retire(token);
  };
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/v1`, close };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (cause) {
    const hint = "Name a directory that can be written to.";
    throw new OutputError("cannotCreate", `cannot make the emulator's directory ${directory}: ${messageOf(cause)}`, {
      hint,
      cause,
    });
  }
}

function createServices(options: EmulatorOptions, token: string): Services {
  const { directory, clock = systemClock, batchSeconds = 0, windowSeconds = 86_400, countTokens } = options;
  const batchServices = {
    clock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    batchSeconds,
    files: new FileStore(directory, clock),
    batches: new BatchStore(directory),
    billing: new BillingLog(directory),
    answerers: new Answerers(new AttemptLog(directory), new TokenMeters(countTokens)),
    scanTurns: new Turns(SCANS_AT_ONCE),
  };
  const runner = new BatchRunner(batchServices, new Claims(directory, enlist(token)));
  return { ...batchServices, runner, calls: new CallLog(directory), windowSeconds, apiKey: options.apiKey };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const hint = "Choose another one, or 0 for any that is free.";
      reject(new UsageError(`cannot listen on ${host}:${port}: ${messageOf(cause)}`, { hint, cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, services: Services): Promise<void> {
  const requestId = newRequestId();
  response.setHeader("x-request-id", requestId);
  try {
    const url = new URL(request.url ?? "/", "http://emulator");
    const match = matchOf(request, url.pathname);
    if (!match.operation.includes(" /emulator/")) services.calls.record(match.operation);
    checkKey(request, services.apiKey);
    const query = Object.fromEntries(url.searchParams);
    await match.handler({ request, response, query, id: match.id, requestId }, services);
  } catch (error) {
    answerError(response, error);
  } finally {
    // What was not read of a refused upload: the client would otherwise hang in the middle of it.
    request.resume();
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

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed || systemCodeOf(error) === "ECONNRESET") {
    response.destroy();
    return;
  }
  const isExpected = error instanceof ApiError;
  const failure = isExpected ? error : new ApiError(500, { message: messageOf(error), type: "server_error" });
  for (const [name, value] of Object.entries(failure.headers)) response.setHeader(name, value);
  sendJson(response, failure.body, failure.status);
}
