import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Backoff, nextDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { UnfinishedError } from "../core/errors.ts";
import { durableStepAsync } from "../core/failpoints.ts";
import type { Logger } from "../core/logger.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import { resultFileNames } from "../ledger/result-files.ts";
import type { Provider } from "../providers/provider.ts";
import { isTransient, ProviderError } from "../providers/provider-error.ts";

export interface FetchOptions {
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How long a result file that cannot be had is waited for: a multiple of the longest pause between polls, or this. */
const PATIENCE_POLLS = 10;
const LEAST_PATIENCE_MS = 120_000;
/** Result files are deleted 30 days after the batch's end (Batch API guide), which is a day after its start. */
const FILES_KEPT_MS = 31 * 24 * 3_600_000;

/**
 * The fetch stage: brings an ended batch's files to disk, both of them and whatever the batch's status says. An
 * expired or cancelled batch has paid results, too.
 *
 * @returns the chunk, fetched
 * @throws {UnfinishedError} when a file that should be there cannot be had; it is never taken for an empty one
 */
export async function fetchResults(chunk: Chunk, options: FetchOptions): Promise<Chunk> {
  const names = resultFileNames(chunk);
  const { rows } = options.counters.stage("fetch");
  rows.in += chunk.requests;
  await fetchFile({ chunk, fileId: chunk.outputFileId, name: names.output }, options);
  await fetchFile({ chunk, fileId: chunk.errorFileId, name: names.errors }, options);
  rows.out += chunk.requests;
  return options.ledger.advance(chunk.id, "fetched");
}

interface Wanted {
  readonly chunk: Chunk;
  readonly fileId: string | null;
  readonly name: string;
}

async function fetchFile({ chunk, fileId, name }: Wanted, options: FetchOptions): Promise<void> {
  const { counters, ledger, provider, clock, log, signal } = options;
  if (fileId === null) return;
  const path = join(ledger.directory, "results", name);
  const backoff: Backoff = { firstMs: provider.poll.firstMs, factor: 2, maxMs: provider.poll.maxMs, jitter: 0.3 };
  const until = clock.now() + Math.max(PATIENCE_POLLS * provider.poll.maxMs, LEAST_PATIENCE_MS);
  for (let attempt = 0; ; attempt++) {
    try {
      const bytes = await durableStepAsync("call.download", () => provider.download(fileId, path));
      counters.stage("fetch").bytes.in += bytes;
      log.debug("file.fetched", { file: fileId, bytes });
      return;
    } catch (error) {
      signal.throwIfAborted();
      const isMissing = error instanceof ProviderError && error.kind === "not_found";
      if (isMissing && clock.now() - chunk.createdAt > FILES_KEPT_MS) return giveUp(path, fileId, log);
      if (!isMissing && !isTransient(error)) throw error;
      if (clock.now() > until) throw unfetched(chunk, fileId, error);
      await clock.sleep(nextDelay(backoff, attempt), signal);
    }
  }
}

/** The provider has deleted the file by its own rules; what was in it has to be asked again. */
function giveUp(path: string, fileId: string, log: Logger): void {
  log.warn("a result file has been deleted at the provider; its requests will be asked again", {
    event: "file.gone",
    file: fileId,
  });
  writeFileSync(path, "");
}

function unfetched(chunk: Chunk, fileId: string, cause: unknown): UnfinishedError {
  return new UnfinishedError(`the results of batch ${chunk.batchId} (file ${fileId}) cannot be downloaded`, {
    hint: "They are paid for and kept at the provider for 30 days. Run the same command again later, with the same key.",
    cause,
  });
}
