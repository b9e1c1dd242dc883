import type { Logger } from "../core/logger.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { Provider } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";

export interface RefreshOptions {
  readonly provider: Provider;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Asks the provider how far batches have come, and notes it. Nothing else is done about them. What cannot be asked
 * for is warned of.
 *
 * @param chunks Submitted ones. Those of another provider are left as they are.
 * @throws {ProviderError} when the key is refused
 * @throws the signal's reason
 */
export async function refreshBatches(chunks: readonly Chunk[], options: RefreshOptions): Promise<void> {
  const { provider, log } = options;
  warnOfOthers(chunks, provider.identity, log);
  for (const chunk of chunks) if (chunk.provider === provider.identity) await refresh(chunk, options);
}

/** Says which providers are not asked. */
export function warnOfOthers(chunks: readonly Chunk[], identity: string, log: Logger): void {
  const others = new Set(chunks.map(({ provider }) => provider).filter((provider) => provider !== identity));
  for (const other of others) {
    log.warn(`batches at ${other} are not refreshed: give the --provider, --base-url and key of their run`);
  }
}

async function refresh({ id, batchId }: Chunk, { provider, ledger, log, signal }: RefreshOptions): Promise<void> {
  try {
    const { status, counts, times } = await provider.retrieveBatch(batchId ?? "");
    ledger.noteProgress(id, { batchStatus: status, completed: counts.completed, failed: counts.failed, times });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProviderError && error.kind === "key_refused") throw error;
    log.warn("a batch could not be refreshed", {
      event: "batch.not_refreshed",
      batch: batchId,
      error: String(error),
    });
  }
}
