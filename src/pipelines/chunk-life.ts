import { type Backoff, nextDelay } from "../core/backoff.ts";
import { ConfigurationError, InputDataError } from "../core/errors.ts";
import { judgeFailedBatch } from "../core/failed-batch.ts";
import type { TokenGate } from "../core/token-gate.ts";
import type { Chunk } from "../ledger/ledger.ts";
import type { BatchError } from "../providers/provider.ts";
import type { ChunkStage } from "../stages/chunk.ts";
import { type FetchOptions, fetchResults } from "../stages/fetch.ts";
import { type PollOptions, poll } from "../stages/poll.ts";
import { type SettleOptions, settle } from "../stages/settle.ts";
import { type SubmitOptions, submit } from "../stages/submit.ts";

export interface ChunkLifeOptions extends SubmitOptions, PollOptions, FetchOptions, SettleOptions {
  readonly gate: TokenGate;
  readonly chunkStage: ChunkStage;
  readonly onSettled: (chunk: Chunk) => void;
}

/** Tries with the same file before it is uploaded anew. */
const TRIES_WITH_SAME_FILE = 3;

/** Takes a chunk from wherever it is in its life to its end: submit, poll, fetch, settle. */
export async function liveChunk(chunk: Chunk, options: ChunkLifeOptions): Promise<void> {
  const leave = await options.gate.enter(chunk.tokens, options.signal);
  let ended: Chunk | undefined;
  try {
    ended = await reachEnd(chunk, options);
  } finally {
    leave();
  }
  const settled = ended.state === "settled" ? ended : await collect(ended, options);
  options.chunkStage.onSettled(settled);
  options.onSettled(settled);
}

async function collect(chunk: Chunk, options: ChunkLifeOptions): Promise<Chunk> {
  const fetched = chunk.state === "ended" ? await fetchResults(chunk, options) : chunk;
  return settle(fetched, options);
}

/** Submits and polls, as often as the provider sends the batch back. */
async function reachEnd(chunk: Chunk, options: ChunkLifeOptions): Promise<Chunk> {
  let current = chunk;
  for (let refusals = 0; ; refusals++) {
    if (current.state === "fetched") return current;
    if (current.state === "ended" && current.batchStatus !== "failed") return current;
    // A failed batch that an earlier execution left is looked at once more, for its errors.
    const submitted = current.state === "ended" ? current : await submit(current, options);
    const { chunk: ended, errors } = await poll(submitted, options);
    if (ended.batchStatus !== "failed") return ended;
    current = await handleFailed(ended, errors, { ...options, refusals });
    if (current.state === "settled") return current;
  }
}

interface Refused extends ChunkLifeOptions {
  readonly refusals: number;
}

/** @returns the chunk, ready to be submitted again, or settled with its requests to be asked in other chunks */
async function handleFailed(chunk: Chunk, errors: readonly BatchError[], options: Refused): Promise<Chunk> {
  const verdict = judgeFailedBatch(errors);
  if (verdict.kind === "stop") throw refusal(release(chunk, options), errors, options);
  if (verdict.kind === "wait" && verdict.limit !== undefined && chunk.tokens > verdict.limit) {
    return split(chunk, verdict.limit, options);
  }
  await pause(chunk, errors, options);
  const isFileSuspect = verdict.kind === "fileNotFound" && options.refusals >= TRIES_WITH_SAME_FILE;
  return options.ledger.advance(chunk.id, isFileSuspect ? "sealed" : "uploaded");
}

/** The chunk alone is more than the provider takes: its requests go into smaller ones. */
function split(chunk: Chunk, limit: number, options: Refused): Chunk {
  options.log.warn("the batch is over the provider's limit of enqueued tokens; splitting it", {
    chunk: chunk.name,
    tokens: chunk.tokens,
    limit,
  });
  if (chunk.requests > 1) {
    options.chunkStage.lowerTokenLimit(limit);
    return release(chunk, options);
  }
  const message = `the request has ${chunk.tokens} tokens, the provider takes ${limit} at a time`;
  return options.ledger.settle(chunk.id, { failure: { code: "too_long", message }, retries: -1, isAttempt: true });
}

/** Frees the chunk's requests; the provider never looked at them. */
function release(chunk: Chunk, { ledger, retries }: ChunkLifeOptions): Chunk {
  const failure = { code: "server_error", message: "the batch was turned away" } as const;
  return ledger.settle(chunk.id, { failure, retries, isAttempt: false });
}

async function pause(chunk: Chunk, errors: readonly BatchError[], options: Refused): Promise<void> {
  const { provider, clock, log, signal, refusals } = options;
  const { maxMs } = provider.poll;
  const backoff: Backoff = { firstMs: maxMs, factor: 2, maxMs: 30 * maxMs, jitter: 0.3 };
  const delayMs = Math.round(nextDelay(backoff, refusals));
  log.warn("the provider turned the batch away for now", { chunk: chunk.name, delayMs, reason: errors[0]?.message });
  await clock.sleep(delayMs, signal);
}

/** The provider's complaint, in terms of the user's rows. */
function refusal(chunk: Chunk, errors: readonly BatchError[], options: ChunkLifeOptions): Error {
  const shown = errors.slice(0, 3).map((error) => describe(chunk, error, options));
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [];
  const message = `the provider refused batch ${chunk.batchId}: ${[...shown, ...more].join("; ") || "no reason given"}`;
  const isAboutModel = errors.some(({ code, param }) => code === "model_not_found" || param === "body.model");
  const hint = "Nothing of this batch was billed. Mend what is named, then run the same command again.";
  return isAboutModel ? new ConfigurationError(message, { hint }) : new InputDataError(message, { hint });
}

function describe(chunk: Chunk, { code, message, line }: BatchError, { ledger }: ChunkLifeOptions): string {
  const request = line === undefined ? undefined : ledger.unasked(chunk.id, -1, line)[line - 1];
  return `${request === undefined ? "" : `${request.origin}: `}${message} (${code})`;
}
