import type { ChunkAccount } from "./accounts.ts";

/** What was spent, for whoever wants to look: it never writes, and disturbs nobody who does. */
export interface Books {
  /** Does some reading during which the ledger stands still for the reader, and only for it. */
  snapshot<T>(read: () => T): T;
  /**
   * Every settled chunk that had a batch, in the order in which they were sealed. Of one from before there were books
   * all requests count as replies of unknown price.
   */
  accounts(): Iterable<ChunkAccount>;
  /** What was billed for each chunk of a run so far, of those that have been put to the provider, oldest first. */
  accountsOf(runId: number): Iterable<ChunkAccount>;
  /** Every run, oldest first. */
  runs(): Iterable<BookedRun>;
  /** What is put to the provider and not settled yet. */
  underWay(): UnderWay;
  close(): void;
}

/** A run, as far as it may have saved something. */
export interface BookedRun {
  readonly id: number;
  readonly label: string;
  /** Milliseconds since epoch; null while it is running, and for a process that was killed. */
  readonly endedAt: number | null;
  /** The summary of its last execution, as JSON. */
  readonly summary: string | null;
}

export interface UnderWay {
  readonly batches: number;
  readonly requests: number;
  /** Input tokens, counted before. */
  readonly tokens: number;
  /** Pico-dollars, of those batches whose price is known. */
  readonly estimatedCost: bigint;
  /** Batches whose price is not. */
  readonly unpriced: number;
}
