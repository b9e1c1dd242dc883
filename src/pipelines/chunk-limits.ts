import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { Logger } from "../core/logger.ts";
import type { BatchLimits } from "../providers/provider.ts";
import type { GradeSettings } from "./settings.ts";

/**
 * What a chunk may hold: what the user says, within what the provider takes.
 */
export function chunkLimits(settings: ChunkSettings, limits: BatchLimits & TokenLimit, log: Logger): ChunkLimits {
  const { chunkRows, chunkBytes, chunkTokens, chunkCount } = settings;
  const tokens = Math.min(chunkTokens ?? Number.POSITIVE_INFINITY, limits.enqueuedTokens);
  return {
    requests: within("chunk-rows", chunkRows, limits.requestsPerBatch, log),
    bytes: within("chunk-bytes", chunkBytes, limits.bytesPerBatch, log),
    tokens,
    count: chunkCount,
  };
}

export type ChunkSettings = Pick<GradeSettings, "chunkRows" | "chunkBytes" | "chunkTokens" | "chunkCount">;

interface TokenLimit {
  /** The most input tokens that may be at the provider at a time. */
  readonly enqueuedTokens: number;
}

function within(flag: string, value: number | undefined, limit: number, log: Logger): number {
  if (value === undefined || value <= limit) return value ?? limit;
  log.warn(`--${flag} ${value} is over the provider's limit; using ${limit}`);
  return limit;
}
