import { type Backoff, nextDelay, paced } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { durableStepAsync } from "../core/failpoints.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import { batchNews } from "../ledger/batch-news.ts";
import { chunkPath } from "../ledger/chunk-file.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { Batch, Provider } from "../providers/provider.ts";
import { isTransient, isUnclear, ProviderError } from "../providers/provider-error.ts";

export interface SubmitOptions {
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly provider: Provider;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const BACKOFF: Backoff = { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.5 };
/** Tries after the first with a provider that has never answered, or when patience is over. */
const RETRIES = 3;
/** How long a provider that has answered before is waited for. */
const PATIENCE_MS = 600_000;
/** The slack given to the provider's clock when batches are looked through by time, in seconds. */
const CLOCK_SLACK_SECONDS = 3_600;

/**
 * The submit stage: a sealed chunk to a batch at the provider.
 *
 * The intent is in the ledger before each call. Neither call is ever repeated unasked: after an unclear end the
 * provider is searched for what the call may have made, and that is adopted.
 *
 * @returns the chunk, submitted; where it stands, when patience ended first
 */
export async function submit(chunk: Chunk, options: SubmitOptions): Promise<Chunk> {
  let current = chunk;
  options.counters.stage("submit").rows.in += chunk.requests;
  for (let isFirst = true; ; isFirst = false) {
    if (current.state === "sealed" || current.state === "uploading") current = await upload(current, options);
    if (current.state !== "uploaded" && current.state !== "creating") return current;
    try {
      return await create(current, options);
    } catch (error) {
      if (!isFirst || !isFileGone(error)) throw error;
      current = options.ledger.advance(current.id, "sealed");
    }
  }
}

/** An upload that has expired. The call was refused, so nothing was created. */
function isFileGone(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "not_found";
}

async function upload(chunk: Chunk, options: SubmitOptions): Promise<Chunk> {
  const { counters, ledger, provider } = options;
  const name = uploadName(chunk);
  let isUnclearNow = chunk.state === "uploading";
  return persist(chunk.id, options, async () => {
    const found = isUnclearNow ? await provider.findUpload(name) : undefined;
    if (found !== undefined) return ledger.advance(chunk.id, "uploaded", { fileId: found });
    ledger.advance(chunk.id, "uploading");
    const path = chunkPath(ledger.directory, chunk.name);
    const fileId = await durableStepAsync("call.upload", () => provider.upload(path, name)).catch((error) => {
      isUnclearNow = isUnclear(error);
      throw error;
    });
    counters.stage("submit").bytes.out += chunk.bytes;
    return ledger.advance(chunk.id, "uploaded", { fileId });
  });
}

async function create(chunk: Chunk, options: SubmitOptions): Promise<Chunk> {
  const { counters, ledger, log } = options;
  return persist(chunk.id, options, async () => {
    const current = ledger.chunk(chunk.id);
    const found = current.state === "creating" ? await findCreatedBatch(current, options) : undefined;
    if (found !== undefined) log.info("batch.adopted", { chunk: chunk.name, batch: found.id });
    const batch = found ?? (await createOnce(ledger.advance(chunk.id, "creating"), options));
    counters.batchesSubmitted++;
    counters.stage("submit").rows.out += chunk.requests;
    log.info("batch.submitted", { batch: batch.id, chunk: chunk.name, requests: chunk.requests, tokens: chunk.tokens });
    const submitted = ledger.advance(chunk.id, "submitted", { batchId: batch.id, batchStatus: batch.status });
    counters.batches.submitted(batchNews(submitted, batch));
    return submitted;
  });
}

/** Creates the batch. A clear refusal is recorded as one, so that nobody has to search later. */
async function createOnce(chunk: Chunk, { ledger, provider }: SubmitOptions): Promise<Batch> {
  const { fileId } = chunk;
  try {
    const { endpoint, name: chunkName } = chunk;
    const request = { inputFileId: fileId ?? "", endpoint, chunkName };
    return await durableStepAsync("call.create", () => provider.createBatch(request));
  } catch (error) {
    if (error instanceof ProviderError && !isUnclear(error)) ledger.advance(chunk.id, "uploaded");
    throw error;
  }
}

/**
 * Looks for the batch that a call with an unclear end may have created, until it would have to be in the list. The
 * list may lag behind, and the call may have been under way until it timed out.
 */
export async function findCreatedBatch(
  intent: Chunk,
  { provider, clock, signal }: Pick<SubmitOptions, "provider" | "clock" | "signal">,
): Promise<Batch | undefined> {
  const { createTimeoutMs, listLagMs } = provider.poll;
  const until = intent.changedAt + createTimeoutMs + listLagMs;
  const since = Math.floor(intent.changedAt / 1000) - CLOCK_SLACK_SECONDS;
  for (let attempt = 0; ; attempt++) {
    const batch = await provider.findBatch(intent.name, { createdSince: since, exceptId: intent.batchId });
    const now = clock.now();
    if (batch !== undefined || now >= until) return batch;
    await clock.sleep(Math.min(until - now, nextDelay(paced(BACKOFF, provider.poll), attempt)), signal);
  }
}

/**
 * Repeats a step that finds out by itself what its last try has done.
 *
 * @returns the chunk as it was, when a provider that has answered before does not, and nobody waits any longer
 */
async function persist(id: number, options: SubmitOptions, step: () => Promise<Chunk>): Promise<Chunk> {
  const { ledger, provider, patience, clock, log, signal } = options;
  const startedAt = clock.now();
  for (let attempt = 0; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTransient(error)) throw error;
      const isLast = attempt >= RETRIES;
      if (isLast && provider.wasReached && patience.isOver) return ledger.chunk(id);
      const isPatient = provider.wasReached && clock.now() - startedAt < PATIENCE_MS;
      if (isLast && !isPatient) throw error;
      const asked = error instanceof ProviderError ? (error.retryAfterMs ?? 0) : 0;
      // One that was never reached may be starting up.
      const backoff = provider.wasReached ? paced(BACKOFF, provider.poll) : BACKOFF;
      const delayMs = Math.max(nextDelay(backoff, attempt), asked);
      log.warn("the batch could not be submitted, trying again", {
        event: "batch.submit_retry",
        chunk: ledger.chunk(id).name,
        delayMs: Math.round(delayMs),
        error: String(error),
      });
      await clock.sleep(delayMs, signal);
    }
  }
}

function uploadName(chunk: Chunk): string {
  return `bg-pipe-${chunk.name}.jsonl`;
}
