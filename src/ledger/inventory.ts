import type { Chunk, ChunkState } from "./ledger.ts";
import type { RunState } from "./run-columns.ts";
import type { RunCosts } from "./run-costs.ts";

/**
 * What is in a ledger, for whoever wants to look: it never writes, and disturbs nobody who does. Each call sees the
 * ledger as it is at that moment.
 */
export interface Inventory {
  /** Runs, newest first. */
  runs(which: RunSelection): readonly RunEntry[];
  /** A run's chunks, oldest first. */
  chunksOf(runId: number): readonly Chunk[];
  /** All chunks that are not settled, oldest first. */
  openChunks(): readonly Chunk[];
  /** Settled chunks whose files may still lie at the provider, by the provider's identity. */
  uncleaned(): ReadonlyMap<string, number>;
  /** The newest chunk of that name, or with that batch. */
  findChunk(nameOrBatchId: string): Chunk | undefined;
  /** What has become of the requests that each of these runs was the last to ask. Reads through all requests once. */
  requestsOf(runIds: readonly number[]): ReadonlyMap<number, RequestCounts>;
  /** The same for one run's answers and failures, by chunk. Reads through all requests once. */
  outcomesByChunk(runId: number): ReadonlyMap<number, ChunkOutcomes>;
  /** What each of these runs has cost; those that have asked nothing are left out. */
  costsOf(runIds: readonly number[]): ReadonlyMap<number, RunCosts>;
  /** How many answers there are, of all runs. Reads through all requests once. */
  answers(): number;
  /** Sizes on disk. */
  disk(): DiskUse;
  close(): void;
}

export type RunSelection =
  | { readonly kind: "all" }
  /** These numbers. */
  | { readonly kind: "numbered"; readonly ids: readonly number[] }
  /** Those that are unfinished, have a batch at the provider, or were at work since then (ms since epoch). */
  | { readonly kind: "current"; readonly since: number };

/** A run, as one who looks at it sees it. Times in milliseconds since the epoch. */
export interface RunEntry {
  readonly id: number;
  readonly pipeline: string;
  readonly label: string;
  readonly state: RunState;
  /** The process that works on it, where one does; its host only when that is another. */
  readonly process: { readonly pid: number; readonly host: string | null } | null;
  readonly exitStatus: number | null;
  readonly startedAt: number;
  /** When its process was last heard of. */
  readonly seenAt: number;
  readonly endedAt: number | null;
  /** The summary of its last execution, as JSON. */
  readonly summary: string | null;
  /** How many of its chunks are in which state. */
  readonly chunks: Readonly<Record<ChunkState, number>>;
}

/** Requests by what has become of them. */
export interface RequestCounts {
  readonly answered: number;
  /** By failure code. */
  readonly failed: Readonly<Record<string, number>>;
  /** In a chunk whose batch is not collected. */
  readonly inFlight: number;
  /** In a chunk whose results are here, for the next run to file. */
  readonly collected: number;
  /** Tried without an outcome. */
  readonly toAskAgain: number;
  /** On their way into a chunk. */
  readonly claimed: number;
}

/** Requests whose outcome is from a chunk. */
export interface ChunkOutcomes {
  readonly answered: number;
  readonly failed: number;
}

/** Bytes. */
export interface DiskUse {
  readonly database: number;
  /** Request files of chunks. */
  readonly chunks: number;
  /** Downloaded results: the answers. */
  readonly results: number;
  /** Rows that wait for their answers. */
  readonly spools: number;
}

/** The states in which the provider has, or may have, a batch that is not collected. */
export const AT_PROVIDER: readonly ChunkState[] = ["creating", "submitted", "ended"];
