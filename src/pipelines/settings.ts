import type { Readable, Writable } from "node:stream";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import type { Logger } from "../core/logger.ts";
import type { AnsweredRow } from "../core/records.ts";
import type { endpoints } from "../endpoints/index.ts";
import type { PriceTable } from "../pricing/price-table.ts";
import type { providers } from "../providers/index.ts";
import type { Summary } from "../report/summary.ts";
import type { RowSource } from "../stages/read.ts";
import type { LiveObserver } from "./live-events.ts";
import type { Middleware, Strategy } from "./strategy.ts";

/** What a user can say about a grade run. Paths are read when the run begins. */
export interface GradeSettings {
  /** Paths and glob patterns; none means stdin. */
  readonly inputs: readonly string[];
  readonly inputFormat?: string;
  readonly outputFormat?: string;
  /** A path; stdout when undefined or `-`. */
  readonly output?: string;
  /** A folder that gets a file for each input; `output` wins over it. */
  readonly outputDir?: string;
  readonly errors?: string;
  readonly order: "input" | "completion";
  readonly onError: "keep" | "skip" | "halt";
  /** Codes of failures that end the run, whatever `onError` says. */
  readonly haltOn?: readonly string[];
  readonly meta: boolean;
  readonly maxRecordBytes: number;

  readonly model?: string;
  /** A prompt's name, or the path of a YAML file. */
  readonly prompt?: string;
  readonly system?: string;
  readonly user?: string;
  readonly field: string;
  readonly reference?: string;
  readonly schema?: string;
  /** Whether schemas are sent in the provider's strict mode; they are when undefined. */
  readonly strict?: boolean;
  readonly examples?: string;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly param: Readonly<Record<string, unknown>>;
  readonly endpoint: keyof typeof endpoints;
  readonly outputField: string;
  readonly encoding?: string;
  /** Prompts and models of the user's configuration, by name, over the package's own. */
  readonly prompts: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, unknown>>;

  readonly provider: keyof typeof providers;
  readonly baseUrl?: string;

  readonly chunkRows?: number;
  readonly chunkBytes?: number;
  readonly chunkTokens?: number;
  readonly chunkCount?: number;
  readonly maxBatches: number;
  readonly enqueuedTokens?: number;
  readonly batchesPerHour?: number;
  readonly mode: "batch" | "live" | "auto";
  /** Seconds until batches that are at work are cancelled, and the rest is asked live. */
  readonly deadline?: number;
  /** Rows below which `auto` goes live. */
  readonly liveBelow: number;
  /** Live calls at a time; as many as the provider bears when undefined. */
  readonly concurrency?: number;
  /** Live requests, and tokens, per minute. */
  readonly rpm?: number;
  readonly tpm?: number;
  /** Seconds that a live call, and a live request with all its calls, may take. */
  readonly attemptTimeout: number;
  readonly requestTimeout?: number;
  /** Seconds that calls under way are waited for when the run is stopped. */
  readonly drain: number;
  /** Live calls after the first that got no answer. */
  readonly transportRetries: number;
  /** Models that a request is asked of instead when its answer was invalid or cut off, one after the other. */
  readonly escalate?: readonly string[];
  /** Models that are asked of every row in the place of `model`; their answers become one. */
  readonly judge?: readonly string[];
  /** Answers of each model to each row; one when undefined. */
  readonly samples?: number;
  /** Answers that a row needs at the least, where it is given several; one when undefined. */
  readonly quorum?: number;
  /** The row's field that answers are compared with, and the answer's field that is; the only one when undefined. */
  readonly label?: string;
  readonly labelAnswer?: string;
  /** A file of rows that each run asks anew, to see how answers change. */
  readonly probe?: string;
  readonly retries: number;
  /** US dollars that the run may spend. */
  readonly maxCost?: number;
  /** Input tokens, estimated, that it may ask with. */
  readonly tokenLimit?: number;
  /** Output tokens per request that estimates assume. */
  readonly expectOutputTokens?: number;
  /** Seconds. */
  readonly pollInterval?: number;
  /** Seconds to wait for batches before they are left to a later run; for as long as it takes when undefined. */
  readonly wait?: number;
  /** Submits, and does not wait at all. */
  readonly detach: boolean;
  /** Leaves files at the provider when their results are on this disk. */
  readonly keepRemote: boolean;
  readonly dryRun: boolean;
  /** Requests whose bodies a dry run prints; none when undefined. */
  readonly show?: number;
  readonly fresh: boolean;
  readonly stateDir: string;
}

/** What surrounds a run. */
export interface RunHost {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly log: Logger;
  /** Where the run counts; one of its own when undefined. For one run only. */
  readonly counters?: Counters;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The API key; undefined where the provider needs none. */
  readonly apiKey: string | undefined;
  /** Whether `baseUrl` is a server that this process has started. */
  readonly isEmbedded: boolean;
  /** Texts of the package's own data files. */
  readonly data: { readonly prompts: string; readonly models: string };
  /** What models cost. */
  readonly prices: PriceTable;
  /** Answers live requests in the place of the provider. */
  readonly strategy?: Strategy;
  /** Told of what happens while requests are answered live. */
  readonly observeLive?: LiveObserver;
  /** Goes around every live attempt, the first outermost. */
  readonly middleware?: readonly Middleware[];
  /** Set where the run is a step of a pipeline: in the place of inputs and outputs. */
  readonly step?: StepEnds;
}

/** Where the rows of a step come from, and where they go. */
export interface StepEnds {
  /** The pipeline's name, for the ledger and the metrics. */
  readonly pipeline: string;
  readonly source: Pick<RowSource, "rows" | "columns" | "format" | "paths">;
  /** Takes the rows out; the failed ones, too. */
  write(rows: AsyncIterable<readonly AnsweredRow[]>): Promise<void>;
  /** Told of the ledger's run, once it is open. */
  onRun(id: number): void;
  /** The summary for the ledger: what is the step's own, without what the counters tell of other steps, too. */
  summaryOf(summary: Summary): Partial<Summary>;
}
