import type { Failure } from "../core/records.ts";
import type { Accounts, Billed } from "./accounts.ts";
import type { BatchProgress, Chunk, ChunkFacts, ChunkState, InFlight, NewChunk } from "./chunk.ts";
import type { Probes } from "./probes.ts";

export {
  type BatchProgress,
  CHUNK_STATES,
  type Chunk,
  type ChunkFacts,
  type ChunkState,
  type InFlight,
  type NewChunk,
} from "./chunk.ts";

/**
 * The ledger: what survives a run.
 *
 * It knows three kinds of things. **Runs** are executions of a pipeline; an unfinished run whose process is gone is
 * taken over by the next execution with the same signature. **Requests** are addressed by their key, so asking the
 * same thing twice finds the first answer, whichever run or file it came from. **Chunks** are the requests of one
 * batch, and what a run works on.
 *
 * ## The life of a request
 *
 * - *claimed*: a run has said it will ask this. Only one run can; others wait for it. A claim of a dead run is void.
 * - *asked*: it is a line of a sealed chunk. From here on it may cost money.
 * - *unasked*: its chunk is over without an outcome for it (expired, rate limited, missing); it is asked again, in a
 *   later chunk, by the run that owns it. If a reply came that was no valid answer, it is asked again with that reply
 *   and the reason: another body, sent under a key of its own, whose outcome is filed under the request's.
 * - *answered*: the line with the answer is on this disk. The answer stands for everybody until a newer outcome
 *   is there, also while a fresh run asks the same again.
 * - *failed*: for good, with a code. A failure that a later try could mend (see `isWorthRetrying`) is good for the
 *   run that met it, and asked again by the next one.
 *
 * ## The life of a chunk
 *
 * Each state is durable before the call that it announces leaves the process, so after a crash it says exactly what
 * may have happened at the provider:
 *
 * - *sealed*: the file is complete on disk, its requests are *asked*. Nothing was sent.
 * - *asking*: its requests are sent one by one, live. Each reply is in the result file before it is filed here; which
 *   of those without a reply were under way when a process was killed, nobody can tell. From here it is *settled*.
 * - *uploading*: an upload may have happened. Look for the file by name before sending it again.
 * - *uploaded*: the provider has the file, under `fileId`.
 * - *creating*: a batch may have been created. Look for it by its metadata before creating another.
 * - *submitted*: the batch exists, under `batchId`.
 * - *ended*: the batch has reached a terminal status; what it finished is waiting in its files.
 * - *fetched*: those files are on this disk, whole.
 * - *settled*: every request of it is answered, failed or unasked. The chunk is over.
 */
export interface Ledger extends Accounts, Probes {
  /** Where the files that go with it lie: `chunks/`, `results/`, `runs/`. */
  readonly directory: string;

  /**
   * Starts a run, or takes over the unfinished one of a dead process with the same signature. What that one had
   * claimed or sealed but not yet put to the provider is free again: the rows will come by once more, or be gone.
   *
   * @throws {UnfinishedError} when another process is writing one of the run's files
   */
  openRun(run: NewRun): Run;
  /**
   * Takes a run, finished or not, so that nobody else works on it; its idle chunks are freed as by {@link openRun}.
   *
   * @throws {UnfinishedError} when a living process works on it
   */
  holdRun(runId: number): Run;
  /** Says that the run's process is still there. Called every few seconds; see lease.ts. */
  renewRun(runId: number): void;
  /**
   * Ends a run. An unfinished one (exit status 75 or a signal) can be taken over later.
   */
  closeRun(runId: number, end: RunEnd): void;

  /**
   * Looks keys up and claims those nobody has asked or is asking.
   *
   * @param keys Distinct, at most a few hundred.
   * @returns one entry per key, in order
   */
  claim(keys: readonly string[], run: Run): readonly Claim[];
  /** What {@link claim} would answer, claiming nothing. */
  wouldClaim(keys: readonly string[], run: Pick<Run, "id" | "freshSince">): readonly Claim[];
  /** What became of requests, as the run is to see it. @returns one entry per key, in order */
  outcomes(keys: readonly string[], run: Pick<Run, "freshSince">): readonly RequestState[];

  /** Records a sealed chunk and its requests in one transaction. The file must be durable by now. */
  seal(chunk: NewChunk, requests: readonly ChunkLine[]): Chunk;
  chunk(id: number): Chunk;
  /** A run's chunks that are not settled, oldest first. */
  openChunks(runId: number): readonly Chunk[];
  findChunk(name: string): Chunk | undefined;
  /** The key of the request that was sent as `sentKey` in a chunk: another one only when it was asked with a reason. */
  askedKey(chunkId: number, sentKey: string): string;
  /** Moves a chunk on and records what was learned. @throws {InternalError} for a move that is not legal. */
  advance(id: number, to: ChunkState, learned?: ChunkFacts): Chunk;
  /**
   * Files outcomes of a chunk's requests. Idempotent: the first answer wins over any later line for the same key.
   *
   * @returns for each outcome, whether it counted
   */
  record(chunkId: number, outcomes: readonly RecordedOutcome[], retries: number): readonly boolean[];
  /** Notes how far the provider says a chunk's batch has come, for whoever looks at the ledger meanwhile. */
  noteProgress(chunkId: number, progress: BatchProgress): void;
  /** Ends a chunk. Its requests without outcome are asked again, or fail if they were tried often enough. */
  settle(chunkId: number, leftover: Leftover): Chunk;

  /** A settled chunk's requests that wait to be asked again, in the order of their lines, behind an offset (-1: all). */
  unasked(chunkId: number, afterOffset: number, limit: number): readonly UnaskedRequest[];
  /** A chunk's requests that are asked and have no outcome yet, otherwise like {@link unasked}. */
  outstanding(chunkId: number, afterOffset: number, limit: number): readonly UnaskedRequest[];
  /** Whether a chunk's file is still needed to ask some of its requests again. */
  isChunkFileNeeded(chunkId: number): boolean;

  /** Registers a file that holds answers. @returns its number, for {@link RecordedOutcome} */
  addResultFile(name: string, chunkId: number): number;
  resultFile(id: number): { readonly name: string; readonly chunkId: number };

  /** Settled chunks whose files may still lie at the provider, oldest first. */
  uncleaned(provider: string, limit: number): readonly Chunk[];
  /** Says that nothing is left to be done about a chunk's files at the provider. */
  markCleaned(chunkId: number): void;

  /** What other runs that are at work have at the provider. What a dead one has there nobody looks after. */
  inFlightElsewhere(provider: string, model: string, runId: number): InFlight;
  /** Times (milliseconds since epoch) at which batches were created since then, oldest first. */
  creationsSince(provider: string, time: number): readonly number[];
  /** Remembers how many enqueued tokens the provider said it takes. */
  learnTokenLimit(provider: string, model: string, tokens: number): void;
  /** What was learned last and not too long ago: limits grow with an account. */
  tokenLimit(provider: string, model: string): number | undefined;

  close(): void;
}

export interface RunEnd {
  readonly exitStatus: number;
  readonly isFinished: boolean;
  /** The run's summary as JSON. */
  readonly summary?: string;
}

export interface NewRun {
  readonly pipeline: string;
  /** What it is about, for people: `answers.csv → graded.csv, gpt-5-mini`. */
  readonly label: string;
  /** Equal for executions of the same command. */
  readonly signature: string;
  /** Ask again what earlier runs have answered. */
  readonly isFresh: boolean;
  /** Files that the run writes: no other run may be writing one of them. Absolute paths. */
  readonly files: readonly string[];
}

export interface Run {
  readonly id: number;
  /** Outcomes filed before this time (milliseconds since epoch) do not count; 0 unless the run is fresh. */
  readonly freshSince: number;
  /** Whether this run goes on from an earlier, unfinished execution. */
  readonly isTakenOver: boolean;
}

export type Claim =
  /** Nobody has asked this, or nobody is asking it any more: it is the caller's to ask. */
  | { readonly kind: "new"; readonly reply?: InvalidReply }
  /** The run itself has claimed it already: an equal row came before. */
  | { readonly kind: "mine" }
  /** It is settled. */
  | { readonly kind: "settled" }
  /** It is in a chunk that may have reached the provider, of this run or of a dead one: the chunk has to be worked on. */
  | { readonly kind: "inChunk"; readonly chunkId: number }
  /** Another process is asking it. */
  | { readonly kind: "elsewhere"; readonly runId: number };

export type RequestState =
  | { readonly kind: "answered"; readonly result: ResultLocation; readonly attempts: number }
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      readonly attempts: number;
      /** Undefined for what was not asked. */
      readonly chunkId: number | undefined;
      /** What came back and was no answer (a refusal): it was billed all the same. */
      readonly result?: ResultLocation;
    }
  | { readonly kind: "pending"; readonly chunkId: number | undefined; readonly runId: number }
  | { readonly kind: "unknown" };

/** Where a result line lies. Offsets and lengths in bytes. */
export interface ResultLocation {
  readonly fileId: number;
  readonly offset: number;
  readonly length: number;
}

/** What becomes of the requests that a chunk ends without. */
export interface Leftover {
  readonly failure: Failure;
  /** How often a request may be asked again. */
  readonly retries: number;
  /** False when the provider never looked at the requests, so that this was no try. */
  readonly isAttempt: boolean;
}

/** A request's line in a chunk file. */
export interface ChunkLine {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly tokens: number;
  /** Where the first row that asks this stood, as `file:line`. */
  readonly origin: string;
  /** The key it is sent under, when it is asked again with a reason. */
  readonly sentKey?: string;
}

/** A reply to a request that was no valid answer. */
export interface InvalidReply {
  readonly result: ResultLocation;
  /** What is wrong with it, said to the model. */
  readonly reason: string;
}

export interface UnaskedRequest extends Omit<ChunkLine, "sentKey"> {
  readonly attempts: number;
  /** Whether its line in the chunk's file is one with a reason already. */
  readonly isReask: boolean;
  readonly reply?: InvalidReply;
  readonly code?: string;
}

/** The key is the one its `custom_id` was made of, which for a re-ask is not the request's. */
export type RecordedOutcome = { readonly key: string; readonly billed?: Billed } & (
  | { readonly kind: "answered"; readonly result: ResultLocation }
  | { readonly kind: "failed"; readonly failure: Failure; readonly result?: ResultLocation }
  /**
   * Not a final outcome: asked again, the failure being what is said if there is no further try. With a reply it is
   * asked again with that, and what is wrong with it.
   */
  | { readonly kind: "retry"; readonly failure: Failure; readonly reply?: InvalidReply }
);
