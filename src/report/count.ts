/** What `count` has found, as `--json` has it. Numbers that are not known, or that nothing is there for, are null. */
export interface CountReport {
  /** Null when only the encoding was given. */
  readonly model: string | null;
  readonly encoding: string;
  /** In the order they were read. */
  readonly files: readonly FileFigures[];
  readonly total: CountFigures;
  /** What asking all of it would cost, in USD. */
  readonly estimate: {
    readonly batch_usd: object | null;
    readonly live_usd: object | null;
    /** Output tokens that are assumed for each request; null when none were, and the estimate is of the input alone. */
    readonly expected_output_tokens: number | null;
  };
  /** Tokens of the schema's and the tools' JSON text, which go along with each request; in no other figure. */
  readonly tokens_of_schema: number;
  /**
   * Tokens that the provider has billed for each request beyond those that were counted, in earlier runs of the model: in
   * chunks and estimate, in no other figure. Null when there were none.
   */
  readonly overhead_tokens: number | null;
}

export interface FileFigures extends CountFigures {
  /** As the user named it; `-` for stdin. */
  readonly path: string;
}

export interface CountFigures {
  /** All records, bad ones included. */
  readonly rows: number;
  /** Those that cannot be asked, and so have no tokens. */
  readonly bad_rows: number;
  /** Of the input, decompressed. */
  readonly bytes: number;
  readonly tokens: TokenFigures;
  /** Chunks, and so batches, that it would make by itself. */
  readonly chunks: number;
  /** Requests with more input tokens than the model's context window. */
  readonly over_context: number;
}

/** Input tokens of requests: one for each row that is not bad. */
export interface TokenFigures {
  readonly total: number;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Percentiles by nearest rank: the smallest number that at least so many percent of the rows do not exceed. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** How many output tokens each request is expected to take, and who says so. */
export type ExpectedOutput =
  | { readonly tokens: number; readonly source: "expected" | "limit" | "seen" | "none-needed" }
  | { readonly tokens: null; readonly source: "unknown" };

/** Each number of tokens that came, the smallest first, and how many requests have it. */
export type Distribution = readonly (readonly [tokens: number, requests: number])[];

/** What people are told beside the report. */
export interface CountDetails {
  readonly distribution: Distribution;
  /** What asking all of it would cost, for people; undefined when the model's price is not known. */
  readonly costs: { readonly batch: string; readonly live: string } | undefined;
  /** The day up to which the model's price is known to have held; undefined when nobody says. */
  readonly pricesAsOf: string | undefined;
  readonly expected: ExpectedOutput;
  /** What a chunk may hold; infinite where there is no limit. */
  readonly limits: { readonly requests: number; readonly bytes: number; readonly tokens: number };
  /** The model's, in tokens; undefined when it is not known. */
  readonly contextWindow: number | undefined;
}
