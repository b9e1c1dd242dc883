import type { Mode } from "../core/mode.ts";

export const CHUNK_STATES = [
  "sealed",
  "uploading",
  "uploaded",
  "creating",
  "submitted",
  "ended",
  "fetched",
  "settled",
  // Instead of all between the first and the last, for a chunk that is asked live.
  "asking",
] as const;
export type ChunkState = (typeof CHUNK_STATES)[number];

export interface NewChunk {
  readonly runId: number;
  /** Unique, at most 64 characters; names the file, the upload and the batch's metadata. */
  readonly name: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string;
  /** Batch when it is not said. */
  readonly mode?: Mode;
  readonly requests: number;
  readonly bytes: number;
  readonly tokens: number;
  /** Of these, the ones that were learned from earlier bills, not counted; 0 when undefined. */
  readonly overheadTokens?: number;
  /** Pico-dollars; undefined when the price is not known. */
  readonly estimatedCost?: bigint;
  /** Which key pays: the first 8 hex digits of its SHA-256. */
  readonly apiKeyId?: string;
}

/** How far a batch has come. Counts are for display; what happened is in the files. */
export interface BatchProgress {
  readonly batchStatus: string;
  readonly completed: number;
  readonly failed: number;
  readonly times?: BatchTimes | undefined;
}

/** When a batch came how far, as the provider gives it, in milliseconds since epoch; null where it does not. */
export interface BatchTimes {
  readonly inProgressAt: number | null;
  readonly finalizingAt: number | null;
  readonly endedAt: number | null;
}

export interface InFlight {
  readonly batches: number;
  readonly tokens: number;
}

/** What is learned about a chunk on its way. */
export interface ChunkFacts {
  readonly fileId?: string;
  readonly batchId?: string;
  readonly batchStatus?: string;
  readonly outputFileId?: string | null;
  readonly errorFileId?: string | null;
}

export interface Chunk extends NewChunk {
  readonly id: number;
  readonly mode: Mode;
  readonly state: ChunkState;
  readonly fileId: string | null;
  readonly batchId: string | null;
  readonly batchStatus: string | null;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  /** When it was sealed, milliseconds since epoch. */
  readonly createdAt: number;
  /** When it entered its state, milliseconds since epoch. */
  readonly changedAt: number;
  /** When its batch was created last, milliseconds since epoch. */
  readonly submittedAt: number | null;
  /** What the provider said of its batch when it was last looked at. */
  readonly times: BatchTimes;
  /** Requests the provider says it has answered, and failed. */
  readonly completed: number;
  readonly failed: number;
  /** When its files at the provider were dealt with. */
  readonly cleanedAt: number | null;
}

/** Whether the provider never looked at its requests. */
export function wasTurnedAway({ mode, batchId, batchStatus, outputFileId, errorFileId }: Chunk): boolean {
  if (mode === "live") return false;
  return batchId === null || (batchStatus === "failed" && outputFileId === null && errorFileId === null);
}
