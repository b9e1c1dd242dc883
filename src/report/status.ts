/** What `status` knows, as `--json` has it. Times are ISO 8601, sizes bytes. */
export interface StatusReport {
  readonly state_dir: string;
  readonly ledger: {
    /** False when there is none; everything else is then empty. */
    readonly exists: boolean;
    /** Answers in it, of all runs. */
    readonly answers: number;
    readonly bytes: {
      readonly total: number;
      readonly database: number;
      readonly request_files: number;
      readonly result_files: number;
      readonly spools: number;
    };
  };
  /** Newest first. */
  readonly runs: readonly RunStatus[];
}

export interface RunStatus {
  readonly run: number;
  readonly pipeline: string;
  /** What it is about, for people. */
  readonly label: string;
  readonly state: "running" | "unfinished" | "finished" | "cancelled";
  /** Of the process at work; null when none is. */
  readonly pid: number | null;
  /** Where that process is, when it is not on this host. */
  readonly host: string | null;
  /** Of the last execution that came to an end; null before, and while it is running. */
  readonly exit_status: number | null;
  readonly started_at: string;
  /** Null while it is running, and for a process that was killed. */
  readonly ended_at: string | null;
  /** When its process was last heard of. */
  readonly seen_at: string;
  /** How many chunks are in which state; all states are there. */
  readonly chunk_states: Readonly<Record<string, number>>;
  /** The requests that it was the last run to ask. */
  readonly requests: {
    readonly answered: number;
    readonly failed: number;
    readonly failed_by_code: Readonly<Record<string, number>>;
    readonly in_flight: number;
    /** Their results are on this disk; the next run of the same command files them. */
    readonly collected: number;
    readonly to_be_asked_again: number;
    /** On their way into a chunk. */
    readonly claimed: number;
  };
  /** Chunks whose batch is at the provider, oldest first. */
  readonly batches: readonly ChunkStatus[];
  /** All its chunks, oldest first; only when runs were asked for by number. */
  readonly chunks?: readonly ChunkStatus[];
}

export interface ChunkStatus {
  readonly chunk: string;
  readonly state: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string;
  readonly batch_id: string | null;
  /** As the provider last gave it. */
  readonly batch_status: string | null;
  readonly requests: number;
  /** Requests whose outcome in the ledger comes from this chunk; 0 before it is settled. */
  readonly answers: number;
  readonly failures: number;
  /** As the provider last gave them while the batch was at work; not what counts. */
  readonly completed: number;
  readonly failed: number;
  /** Input tokens, counted before. */
  readonly tokens: number;
  readonly sealed_at: string;
  /** When its batch was created; null when none was. */
  readonly submitted_at: string | null;
  /** When it came into its state. */
  readonly changed_at: string;
}
