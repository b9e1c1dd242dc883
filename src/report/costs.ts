/** What to break costs down by. */
export const COST_GROUPS = ["day", "model", "run", "provider", "key"] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

/**
 * What was spent, as `costs --json` has it. Money is in pico-dollars here, and exact dollars in JSON
 * (`stringifyWithUsd`).
 */
export interface CostsReport {
  readonly state_dir: string;
  /** Whether there is a ledger at all; without one everything is 0. */
  readonly ledger: boolean;
  /** Whose days they are, such as `Europe/Berlin`. */
  readonly time_zone: string;
  readonly all_time: CostFigures;
  readonly today: CostFigures;
  /** Null when neither `--since` nor `--until` was given; an open end of it is null, too. */
  readonly window: (CostFigures & { readonly since: string | null; readonly until: string | null }) | null;
  /** At the provider, or on the way back from there: in none of the figures. */
  readonly under_way: {
    readonly batches: number;
    readonly requests: number;
    readonly estimated_input_tokens: number;
    /** Null when the price of any is not known. */
    readonly estimated_cost_usd: bigint | null;
  };
  /** By day (the newest first), model, run (the newest first), provider and key, of the window if there is one. */
  readonly by_day?: readonly (CostFigures & { readonly day: string })[];
  readonly by_model?: readonly (CostFigures & { readonly model: string })[];
  readonly by_run?: readonly (CostFigures & { readonly run: number; readonly label: string })[];
  readonly by_provider?: readonly (CostFigures & { readonly provider: string })[];
  readonly by_key?: readonly (CostFigures & { readonly api_key_id: string | null })[];
}

/** Of the batches that were settled in some time. */
export interface CostFigures extends SavedFigures {
  readonly batches: number;
  /** Replies that were billed. */
  readonly requests: number;
  readonly input_tokens: number;
  /** Part of the input. */
  readonly cached_tokens: number;
  readonly output_tokens: number;
  /** Part of the output. */
  readonly reasoning_tokens: number;
  readonly total_tokens: number;
  /** Input tokens of all requests, counted before. */
  readonly estimated_input_tokens: number;
  /** How far that is off what was billed, in batches every request of which was billed; null when there are none. */
  readonly input_error_percent: number | null;
  /** Null when the price of any reply is not known. */
  readonly cost_usd: bigint | null;
  /** Of the replies whose price is known. */
  readonly known_cost_usd: bigint;
  readonly unpriced_requests: number;
  /** Null when it is not known of any batch. */
  readonly estimated_cost_usd: bigint | null;
}

/** What runs that ended in that time had from the ledger; all null where a saving cannot be told from another's. */
export interface SavedFigures {
  /** Null when the price of any of it is not known, too. */
  readonly saved_usd: bigint | null;
  readonly known_saved_usd: bigint | null;
  /** Rows that were answered by what the ledger held. */
  readonly reused_rows: number | null;
  /** Rows that were answered together with an equal one. */
  readonly shared_rows: number | null;
}
