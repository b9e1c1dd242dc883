import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";

/** What a provider accepts in one batch. */
export interface BatchLimits {
  readonly requestsPerBatch: number;
  /** Bytes of the serialised input file. */
  readonly bytesPerBatch: number;
  /** Batches that may be created within an hour; undefined where the provider names no such limit. */
  readonly batchesPerHour?: number;
}

/** How often to look at a batch when the user does not say. */
export interface PollDefaults {
  readonly firstMs: number;
  readonly maxMs: number;
  /** How long a call that creates a batch may take. */
  readonly createTimeoutMs: number;
  /** How long a batch may exist before the list of batches, or a look at it, shows it. */
  readonly listLagMs: number;
}

/** The states of the Batch API, under the names OpenAI gives them; other spellings are translated by the adapter. */
export const BATCH_STATUSES = [
  "validating",
  "in_progress",
  "finalizing",
  "completed",
  "failed",
  "expired",
  "cancelling",
  "cancelled",
] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** One entry of a failed batch's `errors`. */
export interface BatchError {
  readonly code: string;
  readonly message: string;
  /** 1-based line of the input file. */
  readonly line?: number;
  readonly param?: string;
}

/** A batch as the provider describes it. Counts are for display; what happened is in the files. */
export interface Batch {
  readonly id: string;
  readonly status: BatchStatus;
  readonly inputFileId: string;
  readonly outputFileId?: string;
  readonly errorFileId?: string;
  readonly errors: readonly BatchError[];
  /** Seconds since the Unix epoch. */
  readonly createdAt: number;
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number };
  readonly metadata: Readonly<Record<string, string>>;
  /** Left out by a provider that tells none. */
  readonly times?: BatchTimes;
}

/** When a batch came how far, in milliseconds since the Unix epoch; null for what has not happened, or is not told. */
export interface BatchTimes {
  readonly inProgressAt: number | null;
  readonly finalizingAt: number | null;
  /** When it came to whatever end. */
  readonly endedAt: number | null;
}

/** How to reach a provider. */
export interface ProviderSettings {
  /** The API's address up to and with `/v1`; undefined for the provider's own. */
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Whether `baseUrl` is a server of this process, whose address says nothing about whose answers it gives. */
  readonly isEmbedded: boolean;
  /** Whether files are left at the provider as long as it likes (`--keep-remote`), rather than made to expire. */
  readonly keepsFiles?: boolean;
  /** Told of each call: what it was for, as `create_batch`, and the HTTP status it ended with, or a word for none. */
  readonly onCall?: (operation: string, code: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * An adapter for one API. It speaks to the network and knows nothing of rows, chunks or the ledger.
 *
 * Calls that create something (`upload`, `createBatch`) are made once and never repeated by the adapter: whether a
 * lost reply means "done" or "not done" is for the caller to find out, by `findUpload` and `findBatch`. All other
 * calls repeat themselves on transient failures. What the provider is to blame for is thrown as a `ProviderError`, what
 * the disk is as an `OutputError` or `InputMissingError`.
 *
 * While a provider that was there before does not answer, calls are held back (see `CircuitBreaker`): a call may take
 * a minute or two until it fails.
 */
export interface Provider {
  readonly name: string;
  /** What makes its answers its own: the name, and the address where it is not the usual one. Part of every key. */
  readonly identity: string;
  readonly limits: BatchLimits;
  readonly poll: PollDefaults;
  /**
   * Whether any call has been answered yet, be it by an error, in the API's own form. Who was never there is not waited
   * for as long as who was.
   */
  readonly wasReached: boolean;
  /**
   * Uploads a file from disk under that name, streaming, and waits until the provider can use it.
   *
   * @returns the file's id
   */
  upload(path: string, name: string): Promise<string>;
  /**
   * The newest batch input file with that name, if the provider has one; it can be used. Older ones, whose replies were
   * lost twice, are not looked for: they expire.
   */
  findUpload(name: string): Promise<string | undefined>;
  createBatch(request: CreateBatch): Promise<Batch>;
  /**
   * The batch whose metadata carries that chunk, if the provider lists one. Failed ones are no find: a chunk that was
   * turned away is submitted again, under the same name.
   */
  findBatch(chunkName: string, among: BatchRange): Promise<Batch | undefined>;
  retrieveBatch(id: string): Promise<Batch>;
  /** Asks for a batch's end. @returns the batch as it is then; one that has ended already is no error */
  cancelBatch(id: string): Promise<Batch>;
  /**
   * Downloads a file to disk, streaming, and checks that it is whole.
   *
   * @returns bytes written
   */
  download(fileId: string, path: string): Promise<number>;
  /** Deletes a file. One that is not there is no error. */
  deleteFile(fileId: string): Promise<void>;
  /**
   * Has one request answered, over the ordinary endpoint. Made once and never repeated by the adapter.
   *
   * @returns the reply, of status 200
   * @throws {ProviderError} for any other, and when none came
   */
  respond(request: LiveRequest): Promise<LiveReply>;
  /** Lets go of what the adapter holds (connections, an embedded server). */
  close(): Promise<void>;
}

/** A request to the ordinary endpoint. */
export interface LiveRequest {
  /** The path, such as `/v1/chat/completions`. */
  readonly endpoint: string;
  /** The body, sent byte for byte. */
  readonly bodyText: string;
  /** How long a reply may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface LiveReply {
  /** The body, which is JSON. */
  readonly bodyText: string;
  /** The provider's name for the call. */
  readonly requestId?: string;
  /** A header of the reply, by its name in small letters. */
  readonly header: (name: string) => string | null;
}

/** Which batches are looked through. */
export interface BatchRange {
  /** Seconds since the Unix epoch. */
  readonly createdSince: number;
  /** A batch that is known already. */
  readonly exceptId: string | null;
}

export interface CreateBatch {
  readonly inputFileId: string;
  readonly endpoint: string;
  /** Goes into the batch's metadata as `bg_pipe_chunk`. */
  readonly chunkName: string;
}

/** The metadata key by which a batch is known to be ours. */
export const CHUNK_METADATA_KEY = "bg_pipe_chunk";
