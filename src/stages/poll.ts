import { type Backoff, nextDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { UnfinishedError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import { batchNews } from "../ledger/batch-news.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { Batch, BatchError, BatchStatus, Provider } from "../providers/provider.ts";
import { isTransient, ProviderError } from "../providers/provider-error.ts";

export interface PollOptions {
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly provider: Provider;
  /** A fixed time between looks, in milliseconds; the provider's own growing one when undefined. */
  readonly intervalMs: number | undefined;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface EndedChunk {
  readonly chunk: Chunk;
  /** Why the provider turned the batch away; empty unless it is `failed`. */
  readonly errors: readonly BatchError[];
}

const TERMINAL: ReadonlySet<BatchStatus> = new Set(["completed", "failed", "expired", "cancelled"]);
/** A provider that does not answer for so long while a batch is in flight: the run is left to be gone on with. */
const GIVE_UP_MS = 600_000;

/**
 * The poll stage: waits until a chunk's batch has reached a terminal status. Transient errors are waited out.
 *
 * @returns the chunk, ended; undefined when patience ended first
 * @throws {UnfinishedError} when the provider stays unreachable; the batch goes on there
 */
export async function poll(chunk: Chunk, options: PollOptions): Promise<EndedChunk | undefined> {
  const { counters, clock, ledger, log } = options;
  const batch = await waitForEnd(chunk, options);
  if (batch === undefined) return undefined;
  counters.batches.ended(batchNews(chunk, batch), clock.now());
  log.info(`batch.${batch.status}`, { batch: batch.id, chunk: chunk.name, ...batch.counts });
  const ended = ledger.advance(chunk.id, "ended", {
    batchStatus: batch.status,
    outputFileId: batch.outputFileId ?? null,
    errorFileId: batch.errorFileId ?? null,
  });
  return { chunk: ended, errors: batch.errors };
}

async function waitForEnd(chunk: Chunk, options: PollOptions): Promise<Batch | undefined> {
  const { clock, patience, signal } = options;
  let lastReply = clock.now();
  for (let attempt = 0; ; attempt++) {
    const batch = await look(chunk, options);
    if (batch !== undefined && TERMINAL.has(batch.status)) return batch;
    if (patience.isOver) return undefined;
    if (batch !== undefined) lastReply = clock.now();
    else if (clock.now() - lastReply > GIVE_UP_MS) throw unreachable(chunk, options.provider);
    await clock.sleep(patience.within(delayOf(options, attempt)), signal);
  }
}

/** @returns undefined when the provider could not be reached this time */
async function look(chunk: Chunk, options: PollOptions): Promise<Batch | undefined> {
  const { counters, ledger, provider, clock, log, signal } = options;
  try {
    const batch = await provider.retrieveBatch(chunk.batchId ?? "");
    const { status, counts, times } = batch;
    const { completed, failed } = counts;
    ledger.noteProgress(chunk.id, { batchStatus: status, completed, failed, times });
    counters.batches.seen(batchNews(chunk, batch));
    return batch;
  } catch (error) {
    signal.throwIfAborted();
    if (!isTransient(error) && !isTooNew(chunk, error, { provider, clock })) throw error;
    log.warn("the provider did not answer; looking again", {
      event: "batch.unreachable",
      batch: chunk.batchId,
      error: String(error),
    });
    return undefined;
  }
}

/** A batch that was created a moment ago may not be known everywhere yet. */
function isTooNew(chunk: Chunk, error: unknown, { provider, clock }: Pick<PollOptions, "provider" | "clock">): boolean {
  const isMissing = error instanceof ProviderError && error.kind === "not_found";
  return isMissing && clock.now() - chunk.changedAt < provider.poll.listLagMs;
}

function delayOf({ provider, intervalMs }: PollOptions, attempt: number): number {
  const { firstMs, maxMs } = provider.poll;
  const growing: Backoff = { firstMs, maxMs, factor: 1.5, jitter: 0.3 };
  return nextDelay(intervalMs === undefined ? growing : { ...growing, firstMs: intervalMs, factor: 1 }, attempt);
}

function unreachable(chunk: Chunk, provider: Provider): UnfinishedError {
  return new UnfinishedError(`${provider.name} has not answered for ${GIVE_UP_MS / 60_000} minutes`, {
    hint: `Batch ${chunk.batchId} goes on there. Run the same command again to collect it.`,
  });
}
