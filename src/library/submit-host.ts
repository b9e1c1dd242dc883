import { join } from "node:path";
import { PassThrough } from "node:stream";
import { processEnvironment } from "../config/environment.ts";
import type { RunOptions } from "../config/options.ts";
import { packageDataPath } from "../config/package-data.ts";
import { readApiKey } from "../config/secrets.ts";
import { readTextFile } from "../config/text-file.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { type Logger, silentLogger } from "../core/logger.ts";
import type { Emulator } from "../emulator/server.ts";
import { endpoints } from "../endpoints/index.ts";
import type { AskRequestsOptions } from "../pipelines/ask-requests.ts";
import type { Question } from "../pipelines/question.ts";
import type { GradeSettings, RunHost } from "../pipelines/settings.ts";
import { loadPrices } from "../pricing/load-prices.ts";
import type { Provider, ProviderSettings } from "../providers/provider.ts";
import { readData } from "./build-requests.ts";
import { libraryDefaults } from "./defaults.ts";

/** Settings of a run that have nothing to do with what is read, asked or written. */
type RunSettings = Pick<
  GradeSettings,
  | "order"
  | "baseUrl"
  | "maxBatches"
  | "enqueuedTokens"
  | "batchesPerHour"
  | "mode"
  | "deadline"
  | "liveBelow"
  | "concurrency"
  | "rpm"
  | "tpm"
  | "attemptTimeout"
  | "requestTimeout"
  | "transportRetries"
  | "escalate"
  | "retries"
  | "maxCost"
  | "tokenLimit"
  | "expectOutputTokens"
  | "pollInterval"
  | "wait"
  | "detach"
  | "keepRemote"
  | "fresh"
  | "stateDir"
>;

/** How requests are asked: the flags of `bg-pipe grade` by the same names, and what only a program can say. */
export interface SubmitBatchesOptions
  extends Partial<RunSettings>,
    Pick<RunHost, "strategy" | "middleware" | "observeLive"> {
  /** `openai`, `azure`, `groq`, `emulator`; or what makes a provider of one's own. `openai` when not given. */
  readonly provider?: GradeSettings["provider"] | ((settings: ProviderSettings) => Provider);
  /** The key; from `OPENAI_API_KEY` when not given. */
  readonly apiKey?: string;
  /** What becomes of a failed row: it goes on with its reason, or ends the run. */
  readonly onError?: "keep" | "halt";
  /** What the run is called in the ledger. */
  readonly name?: string;
  /** Where the run counts; for `registerMetrics`. */
  readonly counters?: Counters;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Models and what they cost, over the package's own table; see docs/costs.md. */
  readonly prices?: Readonly<Record<string, unknown>>;
}

/** What `askRequests` is given by its surroundings, and the end of what was started for it. */
export interface SubmitHost extends Pick<AskRequestsOptions, "settings" | "host" | "createProvider" | "name"> {
  close(): Promise<void>;
}

/**
 * Finds key and prices, and for the emulator without an address starts one in this process, with its files in the state
 * directory.
 *
 * @throws {KeyRefusedError} when there is no key where one is needed
 */
export async function openHost(
  options: SubmitBatchesOptions,
  question: Question,
  signal: AbortSignal,
): Promise<SubmitHost> {
  const { strategy, middleware, observeLive, provider, apiKey, name, counters, log, clock, prices, ...said } = options;
  const own = typeof provider === "function" ? provider : undefined;
  const named = typeof provider === "string" ? { provider } : {};
  const settings = { ...withBaseUrl(options), ...withoutNothing(said), ...named, inputs: [] };
  const key = apiKey ?? (await keyOf(settings, options));
  const data = await readData();
  const table = await loadPrices(packageDataPath("prices.yaml"), { entries: prices ?? {}, origin: "prices" });
  // Last, since nobody would end it if something of the above fails.
  const embedded = own === undefined ? await embedEmulator(settings) : undefined;
  return {
    name: name ?? "library",
    createProvider: own,
    settings: { ...settings, endpoint: endpointOf(question), ...(embedded && { baseUrl: embedded.url }) },
    host: {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      log: log ?? silentLogger,
      clock: clock ?? systemClock,
      signal,
      apiKey: key,
      isEmbedded: embedded !== undefined,
      data,
      prices: table,
      ...(strategy && { strategy }),
      ...(middleware && { middleware }),
      ...(observeLive && { observeLive }),
      ...(counters && { counters }),
    },
    close: async () => embedded?.close(),
  };
}

type Settings = Omit<GradeSettings, "endpoint">;

async function embedEmulator({ provider, baseUrl, stateDir }: Settings): Promise<Emulator | undefined> {
  if (provider !== "emulator" || baseUrl !== undefined) return undefined;
  const { startEmulator } = await import("../emulator/server.ts");
  return startEmulator({ directory: join(stateDir, "emulator") });
}

/** The emulator needs no key, a provider of one's own may need none, and a strategy asks in the provider's place. */
async function keyOf(
  { provider }: Settings,
  { provider: chosen, strategy }: SubmitBatchesOptions,
): Promise<string | undefined> {
  if (provider === "emulator") return undefined;
  const environment = processEnvironment();
  if (typeof chosen === "function") return environment["OPENAI_API_KEY"];
  return strategy === undefined ? readApiKey({ values: {}, environment, readFile: readTextFile }) : "none";
}

/** Defaults, and the address in the environment, as the command line has them. */
function withBaseUrl({ baseUrl, provider }: SubmitBatchesOptions): RunOptions {
  const address = baseUrl ?? processEnvironment()["OPENAI_BASE_URL"];
  const isOwn = provider === "emulator" || typeof provider === "function";
  return address === undefined || isOwn ? libraryDefaults() : { ...libraryDefaults(), baseUrl: address };
}

function endpointOf({ endpoint: { path } }: Question): GradeSettings["endpoint"] {
  const known = Object.keys(endpoints) as GradeSettings["endpoint"][];
  return known.find((name) => name === path) ?? "/v1/chat/completions";
}

function withoutNothing<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
