import { join } from "node:path";
import type { Logger } from "../core/logger.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import { resultFileNames } from "../ledger/result-files.ts";
import type { Provider } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";

export interface FetchOptions {
  readonly ledger: Ledger;
  readonly provider: Provider;
  readonly log: Logger;
}

/**
 * The fetch stage: brings an ended batch's files to disk, both of them and whatever the batch's status says. An
 * expired or cancelled batch has paid results, too.
 *
 * @returns the chunk, fetched
 */
export async function fetchResults(chunk: Chunk, options: FetchOptions): Promise<Chunk> {
  const names = resultFileNames(chunk);
  await fetchFile(chunk.outputFileId, names.output, options);
  await fetchFile(chunk.errorFileId, names.errors, options);
  return options.ledger.advance(chunk.id, "fetched");
}

async function fetchFile(fileId: string | null, name: string, { ledger, provider, log }: FetchOptions): Promise<void> {
  if (fileId === null) return;
  try {
    const bytes = await provider.download(fileId, join(ledger.directory, "results", name));
    log.debug("file.fetched", { file: fileId, bytes });
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "not_found") throw error;
    log.warn("a result file is gone at the provider; its requests will be asked again", { file: fileId });
  }
}
