import { durableStepAsync } from "../core/failpoints.ts";
import type { Logger } from "../core/logger.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { Provider } from "../providers/provider.ts";

export interface CleanOptions {
  readonly ledger: Ledger;
  readonly provider: Provider;
  /** Leaves the files where they are (`--keep-remote`). */
  readonly keepRemote: boolean;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The clean stage: deletes a settled chunk's files at the provider, whose results lie on this disk by now. What
 * cannot be deleted is left for a later run, and expires at last.
 */
export async function cleanRemote(chunk: Chunk, options: CleanOptions): Promise<void> {
  const { ledger, keepRemote, log, signal } = options;
  try {
    if (!keepRemote) await deleteFiles(chunk, options);
    ledger.markCleaned(chunk.id);
  } catch (error) {
    signal.throwIfAborted();
    log.debug("files at the provider could not be deleted", {
      event: "file.not_deleted",
      chunk: chunk.name,
      error: String(error),
    });
  }
}

/** Deletes what earlier runs have left. */
export async function cleanLeftovers(options: CleanOptions): Promise<void> {
  const { ledger, provider } = options;
  for (const chunk of ledger.uncleaned(provider.identity, LEFTOVERS_AT_MOST)) await cleanRemote(chunk, options);
}

/** So that the end of a run is not held up for long by what others have left. */
const LEFTOVERS_AT_MOST = 20;

async function deleteFiles({ fileId, outputFileId, errorFileId }: Chunk, { provider }: CleanOptions): Promise<void> {
  for (const id of [fileId, outputFileId, errorFileId]) {
    if (id !== null) await durableStepAsync("call.delete", () => provider.deleteFile(id));
  }
}
