/**
 * Takes out of a ledger what nobody can miss. Others may be at work on it meanwhile: rows go in short transactions,
 * each of them durable before the next step, and nothing that a living run may have looked up goes while it lives.
 *
 * The order in which a caller has to go is: requests, result files, chunks, runs. It may be stopped at any point;
 * the next one finds what is left.
 *
 * A **cutoff** is a time in milliseconds since the epoch: what was settled before it, for runs that are finished, is
 * pruned. {@link NOTHING} for none.
 */
export interface Pruner {
  /** A run that a living process works on, if there is one. */
  liveRun(): LiveRun | undefined;

  /** How many requests the cutoff takes. */
  countRequests(cutoff: number): PrunedRequests;
  /**
   * Deletes requests among the next few thousand behind a key.
   *
   * @param after The empty text to begin with.
   * @returns undefined, and does nothing, while a run is live
   */
  pruneRequests(cutoff: number, after: string): PrunedSlice | undefined;

  /**
   * Ends chunks that a cancelled run has left collected and whose requests are pruned, so that their files at the
   * provider can be dealt with. Does nothing while a run is live.
   */
  endAbandonedChunks(cutoff: number): void;

  /** Names of recorded result files that hold no reply that is still needed. */
  idleResultFiles(cutoff: number): readonly string[];
  /** Takes result files off the records. @returns false, and does nothing, while a run is live */
  forgetResultFiles(names: readonly string[]): boolean;

  /** Chunks and finished runs of which nothing is left. */
  idleRecords(cutoff: number): IdleRecords;
  /** Deletes these. @returns false, and does nothing, while a run is live */
  forgetRecords(records: IdleRecords): boolean;

  /** What is known of a chunk; undefined when it is not, or no longer, recorded. */
  chunkFacts(name: string, cutoff: number): ChunkFacts | undefined;
  /** Whether a result file is recorded. */
  isResultFileRecorded(name: string): boolean;
  /**
   * Does something that would disturb a run, unless a living process works on it; nobody takes it up meanwhile.
   *
   * @param work Takes no time to speak of.
   * @returns whether it was done
   */
  whileFree(runId: number, work: () => void): boolean;

  /** Bytes of the database. */
  size(): number;
  /** Gives some unused pages back to the file system. @returns whether there are more */
  compact(): boolean;
  close(): void;
}

/** A cutoff that takes nothing. */
export const NOTHING = -1;

export interface LiveRun {
  readonly id: number;
  readonly pid: number;
}

/** Rows of requests, by what they held. */
export interface PrunedRequests {
  /** They would be asked, and paid, again. */
  readonly answers: number;
  readonly failures: number;
  /** Requests of finished runs that never came to an outcome. */
  readonly unanswered: number;
}

export interface PrunedSlice extends PrunedRequests {
  /** The last key that was looked at; undefined when there are no more. */
  readonly last: string | undefined;
}

export interface ChunkFacts {
  readonly run: number;
  /** Settled, or left collected by a cancelled run before the cutoff. */
  readonly isOver: boolean;
  /** Whether requests of it may be asked again, by their lines in its file. */
  readonly isOpen: boolean;
}

/** Numbers of rows to delete. */
export interface IdleRecords {
  readonly chunks: readonly number[];
  readonly runs: readonly number[];
}
