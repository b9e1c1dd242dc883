import type { Distribution } from "../core/scores/distribution.ts";
import type { RunStatus } from "./status.ts";
import type { Summary } from "./summary.ts";

/**
 * What there is to tell of a run, as `report --json` has it. Times are ISO 8601; money is in pico-dollars here, and exact
 * dollars in JSON (`stringifyWithUsd`).
 */
export interface RunReport {
  readonly made_at: string;
  readonly run: ReportedRun;
  /** Of the last execution that came to an end; null when none has. */
  readonly rows: Summary["rows"] | null;
  /** The requests that it was the last run to ask. */
  readonly requests: RunStatus["requests"];
  /** Of the last execution that came to an end: what came out answered. */
  readonly scores: readonly Distribution[];
  /** As the summary of that execution has them; null where it has none. */
  readonly labels: Summary["labels"];
  readonly judging: Summary["judging"];
  readonly pairs: Summary["pairs"];
  readonly probe: Summary["probe"];
  readonly failures: {
    /** Rows, as far as an execution has come to an end; else requests. */
    readonly of: "rows" | "requests";
    readonly by_code: Readonly<Record<string, number>>;
  };
  /** Of chunks that are settled, by model and way of asking. */
  readonly models: readonly ModelFigures[];
  readonly estimate: {
    readonly input_tokens: Compared<number>;
    readonly cost_usd: Compared<bigint>;
  };
  readonly batches: {
    /** How many the run has put to the provider. */
    readonly total: number;
    /** Every so many of them are listed: 1, unless they are very many. */
    readonly every: number;
    readonly listed: readonly BatchSpan[];
  };
}

export interface ReportedRun {
  readonly run: number;
  readonly pipeline: string;
  readonly label: string;
  readonly state: RunStatus["state"];
  readonly exit_status: number | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  /** Of the last execution that came to an end, as the next. */
  readonly seconds: number | null;
  readonly saved_usd: bigint | null;
}

export interface ModelFigures {
  readonly model: string;
  readonly mode: "batch" | "live";
  readonly chunks: number;
  /** Replies that were billed. */
  readonly requests: number;
  readonly input_tokens: number;
  readonly cached_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly estimated_input_tokens: number;
  /** Null where a price is not known. */
  readonly cost_usd: bigint | null;
  readonly estimated_cost_usd: bigint | null;
}

/** What was reckoned with, beside what came of it; over chunks of which every request was billed. */
export interface Compared<Amount> {
  readonly estimated: Amount | null;
  readonly billed: Amount | null;
  /** Above 0 when the estimate was too high. */
  readonly error_percent: number | null;
}

/** A batch's life, or that of a chunk that was asked live. What the provider does not tell is null. */
export interface BatchSpan {
  readonly chunk: string;
  readonly batch_id: string | null;
  readonly mode: "batch" | "live";
  readonly model: string;
  readonly status: string;
  readonly requests: number;
  readonly submitted_at: string;
  readonly in_progress_at: string | null;
  readonly finalizing_at: string | null;
  /** When the provider was done with it. */
  readonly ended_at: string | null;
  /** When its results were filed here. */
  readonly settled_at: string | null;
}
