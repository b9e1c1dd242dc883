import { type Backoff, nextDelay } from "../core/backoff.ts";
import { ConfigurationError, InputDataError, UnfinishedError } from "../core/errors.ts";
import { judgeFailedBatch } from "../core/failed-batch.ts";
import type { TokenGate } from "../core/token-gate.ts";
import type { Chunk } from "../ledger/ledger.ts";
import { hasResultFiles } from "../ledger/result-files.ts";
import type { BatchError } from "../providers/provider.ts";
import type { ChunkStage } from "../stages/chunk.ts";
import { type FetchOptions, fetchResults } from "../stages/fetch.ts";
import { type PollOptions, poll } from "../stages/poll.ts";
import { type SettleOptions, settle } from "../stages/settle.ts";
import { type SubmitOptions, submit } from "../stages/submit.ts";

export interface ChunkLifeOptions extends SubmitOptions, PollOptions, FetchOptions, SettleOptions {
  readonly gate: TokenGate;
  /** Lets one chunk at a time move its bytes: several transfers at once are no faster, and each has its buffers. */
  readonly transfers: TokenGate;
  readonly chunkStage: ChunkStage;
  readonly onSettled: (chunk: Chunk) => void;
}

/** Refusals of a chunk that should fit before it is believed not to. */
const REFUSALS_BEFORE_SPLIT = 5;
/** Failures of the provider's own making after which it is left alone for now. */
const MAX_BLANK_REFUSALS = 8;
/** Tries with the same file before it is uploaded anew. */
const TRIES_WITH_SAME_FILE = 3;

/** Takes a chunk from wherever it is in its life to its end: submit, poll, fetch, settle. */
export async function liveChunk(chunk: Chunk, options: ChunkLifeOptions): Promise<void> {
  const ended = hasEnded(chunk) ? chunk : await reachEndWithin(chunk, options);
  const settled = ended.state === "settled" ? ended : await collect(ended, options);
  options.chunkStage.onSettled(settled);
  options.onSettled(settled);
}

/** A failed batch that an earlier execution left is looked at once more, for its errors. */
function hasEnded({ state, batchStatus }: Chunk): boolean {
  return state === "fetched" || (state === "ended" && batchStatus !== "failed");
}

/** While a batch is at work its tokens count as enqueued. */
async function reachEndWithin(chunk: Chunk, options: ChunkLifeOptions): Promise<Chunk> {
  const leave = await options.gate.enter(chunk.tokens, options.signal);
  try {
    return await reachEnd(chunk, options);
  } finally {
    leave();
  }
}

function collect(chunk: Chunk, options: ChunkLifeOptions): Promise<Chunk> {
  return inTurn(options, async () => {
    const isComplete = chunk.state === "fetched" && hasResultFiles(options.ledger.directory, chunk);
    return settle(isComplete ? chunk : await fetchResults(chunk, options), options);
  });
}

async function inTurn<T>({ transfers, signal }: ChunkLifeOptions, work: () => Promise<T>): Promise<T> {
  const leave = await transfers.enter(1, signal);
  try {
    return await work();
  } finally {
    leave();
  }
}

/** Submits and polls, as often as the provider sends the batch back. */
async function reachEnd(chunk: Chunk, options: ChunkLifeOptions): Promise<Chunk> {
  let current = chunk;
  for (let refusals = 0; ; refusals++) {
    const submitted = current.state === "ended" ? current : await inTurn(options, () => submit(current, options));
    const { chunk: ended, errors } = await poll(submitted, options);
    const hasFiles = ended.outputFileId !== null || ended.errorFileId !== null;
    if (ended.batchStatus !== "failed" || hasFiles) return ended;
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
  if (verdict.kind === "pause") throw quotaIsUsedUp(release(chunk, options), errors);
  if (verdict.kind === "tryAgain" && options.refusals >= MAX_BLANK_REFUSALS) throw failsEachTime(chunk, errors);
  const limit = verdict.kind === "wait" ? verdict.limit : undefined;
  if (limit !== undefined && isOverLimit(chunk, limit, options)) return split(chunk, limit, options);
  await pause(chunk, errors, options);
  const isFileSuspect = verdict.kind === "fileNotFound" && options.refusals >= TRIES_WITH_SAME_FILE;
  return options.ledger.advance(chunk.id, isFileSuspect ? "sealed" : "uploaded");
}

/**
 * Whether the chunk alone is more than the provider takes: by our count, or, since the provider counts schemas and
 * tools too, because it comes back time and again with nothing else of ours in flight.
 */
function isOverLimit(chunk: Chunk, limit: number, { refusals, gate }: Refused): boolean {
  return chunk.tokens > limit || (refusals >= REFUSALS_BEFORE_SPLIT && gate.inside <= chunk.tokens);
}

/** The chunk is too much: its requests go into smaller ones. */
function split(chunk: Chunk, providerLimit: number, options: Refused): Chunk {
  const limit = Math.min(providerLimit, Math.ceil(chunk.tokens / 2));
  options.log.warn("the batch is over the provider's limit of enqueued tokens; splitting it", {
    chunk: chunk.name,
    tokens: chunk.tokens,
    limit,
  });
  if (chunk.requests > 1) {
    options.chunkStage.lowerTokenLimit(chunk.tokens > providerLimit ? providerLimit : limit);
    return release(chunk, options);
  }
  const message = `the request has ${chunk.tokens} tokens, the provider takes ${providerLimit} at a time`;
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

function failsEachTime(chunk: Chunk, errors: readonly BatchError[]): UnfinishedError {
  const reason = errors[0]?.message || "no reason given";
  return new UnfinishedError(`the provider has failed batch ${chunk.batchId} time and again: ${reason}`, {
    hint: "Nothing of it was billed. Run the same command again later.",
  });
}

function quotaIsUsedUp(chunk: Chunk, errors: readonly BatchError[]): UnfinishedError {
  return new UnfinishedError(`the provider turned batch ${chunk.batchId} away: ${errors[0]?.message ?? "no quota"}`, {
    hint: "Add credit or raise the limit at the provider, then run the same command again; no row has failed.",
  });
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
