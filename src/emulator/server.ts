import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import { messageOf, OutputError, UsageError } from "../core/errors.ts";
import { makeFolder } from "../io/folders.ts";
import { Answerers } from "./answerers.ts";
import { AttemptLog } from "./attempts.ts";
import { BatchRunner } from "./batch-runner.ts";
import { BatchStore } from "./batch-store.ts";
import { BillingLog } from "./billing.ts";
import { CallFaults } from "./call-faults.ts";
import { Claims } from "./claims.ts";
import { EnqueuedTokens } from "./enqueued-tokens.ts";
import { FaultLog } from "./fault-log.ts";
import { FaultPlan, type FaultSettings } from "./fault-plan.ts";
import { FileStore } from "./file-store.ts";
import { DEFAULT_LIMITS, type EmulatorLimits } from "./limits.ts";
import { LiveFaults } from "./line-faults.ts";
import { LiveLimits } from "./live-limits.ts";
import { enlist, retire } from "./processes.ts";
import { serve } from "./serve.ts";
import type { Services } from "./services.ts";
import { sweepTemporaries } from "./sweep.ts";
import { Tally } from "./tally.ts";
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
  /** What goes wrong, how often; see docs/emulator.md. Default: nothing but what directives ask for. */
  readonly faults?: FaultSettings;
  /** Prompt tokens per model that unfinished batches may hold; one that goes beyond it fails. Default: any number. */
  readonly queueLimit?: number;
  /** Requests answered after which batches are refused with `insufficient_quota`. Default: any number. */
  readonly credit?: number;
  /** Live calls per minute and model; one that goes over it is answered with 429. Default: any number. */
  readonly liveRpm?: number;
  /** Tokens of live calls per minute and model, of input and output. Default: any number. */
  readonly liveTpm?: number;
  /** How long a live answer takes, in seconds of the clock. Default 0: as long as the work. */
  readonly liveSeconds?: number;
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
 * API there are `GET /emulator/billing` (what was billed), `GET /emulator/calls` (API calls by operation),
 * `GET /emulator/live` (live calls over the limits) and `GET /emulator/faults` (how often each fault struck).
 *
 * @throws {ConfigurationError} for a fault that is not known, or a rate that is none.
 * @throws {UsageError} when the port cannot be listened on.
 * @throws {OutputError} when the directory cannot be made.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { directory, port = 0, host = "127.0.0.1" } = options;
  await makeDirectory(directory);
  const token = randomUUID();
  const closing = new AbortController();
  const services = createServices(options, token, closing.signal);
  await sweepTemporaries(directory);
  const server = createServer((request, response) => void serve(request, response, services));
  // A large upload over a slow line takes longer than Node's 5 minutes for a whole request.
  server.requestTimeout = 0;
  const bound = await listen(server, port, host);
  await services.runner.resume();
  const close = async () => {
    closing.abort();
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
    await makeFolder(resolve(directory));
  } catch (cause) {
    const hint = "Name a directory that can be written to.";
    throw new OutputError("cannotCreate", `cannot make the emulator's directory ${directory}: ${messageOf(cause)}`, {
      hint,
      cause,
    });
  }
}

function createServices(options: EmulatorOptions, token: string, closing: AbortSignal): Services {
  const { directory, clock = systemClock, batchSeconds = 0, windowSeconds = 86_400, countTokens } = options;
  const faults = new FaultPlan(options.faults);
  const batches = new BatchStore(directory);
  const batchServices = {
    clock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    batchSeconds,
    files: new FileStore(directory, clock),
    batches,
    billing: new BillingLog(directory),
    answerers: new Answerers(new AttemptLog(directory), new TokenMeters(countTokens)),
    scanTurns: new Turns(SCANS_AT_ONCE),
    faults,
    enqueuedTokens: new EnqueuedTokens(options.queueLimit, batches),
  };
  const runner = new BatchRunner(batchServices, new Claims(directory, enlist(token)));
  const calls = new Tally(join(directory, "calls"));
  const faultLog = new FaultLog(new Tally(join(directory, "faults")), batches);
  const callFaults = new CallFaults(faults, calls);
  const { apiKey, credit } = options;
  const ofCalls = { calls, callFaults, faultLog, windowSeconds, apiKey, credit };
  return { ...batchServices, runner, ...ofCalls, ...liveServices(options, { clock, faults, closing }) };
}

type LiveServices = Pick<Services, "liveLimits" | "liveFaults" | "liveLatencyMs" | "closing">;

function liveServices(
  { directory, liveRpm, liveTpm, liveSeconds = 0 }: EmulatorOptions,
  { clock, faults, closing }: Pick<Services, "clock" | "faults" | "closing">,
): LiveServices {
  const tally = new Tally(join(directory, "live"));
  const liveLimits = new LiveLimits({ requestsPerMinute: liveRpm, tokensPerMinute: liveTpm }, clock, tally);
  return { liveLimits, liveFaults: new LiveFaults(faults), liveLatencyMs: liveSeconds * 1000, closing };
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
