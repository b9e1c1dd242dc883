import { type Backoff, nextDelay } from "../core/backoff.ts";
import { ConfigurationError, InputDataError, UnfinishedError } from "../core/errors.ts";
import { judgeFailedBatch } from "../core/failed-batch.ts";
import type { ModeSwitch } from "../core/mode-switch.ts";
import type { Patience } from "../core/patience.ts";
import type { TokenGate } from "../core/token-gate.ts";
import type { Chunk } from "../ledger/ledger.ts";
import { hasResultFiles } from "../ledger/result-files.ts";
import type { BatchError } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { Admission } from "../stages/admit.ts";
import type { ChunkStage } from "../stages/chunk.ts";
import { type CleanOptions, cleanRemote } from "../stages/clean.ts";
import { type FetchOptions, fetchResults } from "../stages/fetch.ts";
import { type EndedChunk, type PollOptions, poll } from "../stages/poll.ts";
import { type SettleOptions, settle } from "../stages/settle.ts";
import { type SubmitOptions, submit } from "../stages/submit.ts";
import { EndingBatches } from "./ending-batches.ts";

export interface RunBatchOptions extends SubmitOptions, PollOptions, FetchOptions, SettleOptions, CleanOptions {
  readonly admission: Admission;
  /** Lets one chunk at a time move its bytes: several transfers at once are no faster, and each has its buffers. */
  readonly transfers: TokenGate;
  readonly chunkStage: ChunkStage;
  readonly modeSwitch: ModeSwitch;
  /** How long the run waits at all; `patience` ends before that when it goes on live. */
  readonly waiting: Patience;
  readonly onSettled: (chunk: Chunk) => void;
}

/** Refusals of a chunk that should fit before it is believed not to. */
const REFUSALS_BEFORE_SPLIT = 5;
/** Failures of the provider's own making after which it is left alone for now. */
const MAX_BLANK_REFUSALS = 8;
/** Tries with the same file before it is uploaded anew. */
const TRIES_WITH_SAME_FILE = 3;

/**
 * Takes a chunk from wherever it is in its life to its end: admit, submit, poll, fetch, settle, clean. When patience
 * ends first, it is parked where it is.
 */
export async function runBatch(chunk: Chunk, options: RunBatchOptions): Promise<void> {
  const ended = hasEnded(chunk) ? chunk : ((await reachEnd(chunk, options)) ?? (await breakOff(chunk, options)));
  if (ended === undefined) return park(options.ledger.chunk(chunk.id), options);
  const settled = ended.state === "settled" ? ended : await collect(ended, options);
  options.log.debug("chunk.settled", { chunk: settled.name, batch: settled.batchId, requests: settled.requests });
  options.chunkStage.onSettled(settled);
  options.onSettled(settled);
  await cleanRemote(settled, options);
}

function park(chunk: Chunk, { chunkStage, log }: RunBatchOptions): void {
  log.debug("chunk.parked", { chunk: chunk.name, state: chunk.state, batch: chunk.batchId });
  chunkStage.onParked(chunk);
}

/** A failed batch that an earlier execution left is looked at once more, for its errors. */
function hasEnded({ state, batchStatus }: Chunk): boolean {
  return state === "fetched" || (state === "ended" && batchStatus !== "failed");
}

function collect(chunk: Chunk, options: RunBatchOptions): Promise<Chunk> {
  const { ledger, modeSwitch } = options;
  return inTurn(options, async () => {
    const isComplete = chunk.state === "fetched" && hasResultFiles(ledger.directory, chunk);
    const fetched = isComplete ? chunk : await fetchResults(chunk, options);
    // What its batch leaves open is asked live, however often it was tried.
    return settle(fetched, modeSwitch.isLive ? { ...options, retries: Number.MAX_SAFE_INTEGER } : options);
  });
}

/**
 * When the run goes on live, ends the chunk's batch, and keeps what it has finished.
 *
 * @returns the chunk, fetched or settled; undefined when the run does not, or its patience ends first
 */
async function breakOff({ id }: Chunk, options: RunBatchOptions): Promise<Chunk | undefined> {
  const { ledger, modeSwitch, waiting } = options;
  const chunk = ledger.chunk(id);
  if (!modeSwitch.isLive || waiting.isOver) return undefined;
  if (!isAtProvider(chunk)) return release(chunk, options);
  const ending = new EndingBatches({ ...options, patience: waiting });
  await ending.end([chunk]);
  if (ending.firstError !== undefined) throw ending.firstError;
  options.signal.throwIfAborted();
  const ended = ledger.chunk(id);
  return ended.state === "submitted" || ended.state === "creating" ? undefined : ended;
}

async function inTurn<T>({ transfers, signal }: RunBatchOptions, work: () => Promise<T>): Promise<T> {
  const leave = await transfers.enter(1, signal);
  try {
    return await work();
  } finally {
    leave();
  }
}

/**
 * Submits and polls, as often as the provider sends the batch back.
 *
 * @returns the chunk, ended or settled; undefined when patience ended first
 */
async function reachEnd(chunk: Chunk, options: RunBatchOptions): Promise<Chunk | undefined> {
  let current = chunk;
  for (let refusals = 0; ; refusals++) {
    const leave = await enter(current, options);
    if (leave === undefined) return undefined;
    const isNew = !isAtProvider(current);
    const reached = await goThrough(current, options).catch((error) => {
      leave();
      throw inTermsOfRows(error, current, options);
    });
    // What is at the provider still takes its room there.
    if (reached === undefined && isAtProvider(options.ledger.chunk(current.id))) return undefined;
    leave();
    if (reached === undefined) return undefined;
    const { chunk: ended, errors } = reached;
    const hasFiles = ended.outputFileId !== null || ended.errorFileId !== null;
    if (ended.batchStatus !== "failed" || hasFiles) return ended;
    if (isNew && options.patience.isOver) return undefined;
    current = await handleFailed(ended, errors, { ...options, refusals });
    if (current.state === "settled") return current;
  }
}

async function enter(chunk: Chunk, { admission, counters }: RunBatchOptions): Promise<(() => void) | undefined> {
  if (isAtProvider(chunk)) return admission.enterAnyway(chunk);
  const { blocked, rows } = counters.stage("admit");
  rows.in += chunk.requests;
  blocked.start();
  try {
    return await admission.enter(chunk);
  } finally {
    blocked.stop();
    rows.out += chunk.requests;
  }
}

function isAtProvider({ state }: Chunk): boolean {
  return state === "creating" || state === "submitted" || state === "ended";
}

/** One time there and back. */
async function goThrough(chunk: Chunk, options: RunBatchOptions): Promise<EndedChunk | undefined> {
  if (chunk.state === "submitted" || chunk.state === "ended") return poll(chunk, options);
  const submitted = await inTurn(options, () => submit(chunk, options));
  return submitted.state !== "submitted" || options.patience.isNone ? undefined : poll(submitted, options);
}

interface Refused extends RunBatchOptions {
  readonly refusals: number;
}

/** @returns the chunk, ready to be submitted again, or settled with its requests to be asked in other chunks */
async function handleFailed(chunk: Chunk, errors: readonly BatchError[], options: Refused): Promise<Chunk> {
  const verdict = judgeFailedBatch(errors);
  if (verdict.kind === "stop") throw refusal(release(chunk, options), errors, options);
  if (verdict.kind === "pause") throw quotaIsUsedUp(release(chunk, options), errors);
  if (verdict.kind === "tryAgain" && options.refusals >= MAX_BLANK_REFUSALS) throw failsEachTime(chunk, errors);
  const limit = verdict.kind === "wait" ? verdict.limit : undefined;
  if (limit !== undefined) options.admission.learn(limit);
  if (limit !== undefined && isOverLimit(chunk, limit, options)) return split(chunk, limit, options);
  await pause(chunk, errors, options);
  const isFileSuspect = verdict.kind === "fileNotFound" && options.refusals >= TRIES_WITH_SAME_FILE;
  return options.ledger.advance(chunk.id, isFileSuspect ? "sealed" : "uploaded");
}

/**
 * Whether the chunk alone is more than the provider takes: by our count, or, since the provider counts schemas and
 * tools too, because it comes back time and again with nothing else of ours in flight.
 */
function isOverLimit(chunk: Chunk, limit: number, { refusals, admission }: Refused): boolean {
  return chunk.tokens > limit || (refusals >= REFUSALS_BEFORE_SPLIT && admission.tokensInside === 0);
}

/** The chunk is too much: its requests go into smaller ones. */
function split(chunk: Chunk, providerLimit: number, options: Refused): Chunk {
  const limit = Math.min(providerLimit, Math.ceil(chunk.tokens / 2));
  options.log.warn("the batch is over the provider's limit of enqueued tokens; splitting it", {
    event: "chunk.split",
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
function release(chunk: Chunk, { ledger, retries }: RunBatchOptions): Chunk {
  const failure = { code: "server_error", message: "the batch was turned away" } as const;
  return ledger.settle(chunk.id, { failure, retries, isAttempt: false });
}

async function pause(chunk: Chunk, errors: readonly BatchError[], options: Refused): Promise<void> {
  const { provider, patience, clock, log, signal, refusals } = options;
  if (patience.isOver) return;
  const { maxMs } = provider.poll;
  const backoff: Backoff = { firstMs: maxMs, factor: 2, maxMs: 30 * maxMs, jitter: 0.3 };
  const delayMs = Math.round(nextDelay(backoff, refusals));
  log.warn("the provider turned the batch away for now", {
    event: "batch.turned_away",
    chunk: chunk.name,
    delayMs,
    reason: errors[0]?.message,
  });
  await clock.sleep(patience.within(delayMs), signal);
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

/** Some providers look at the file while the call that creates the batch waits. */
function inTermsOfRows(error: unknown, { id }: Chunk, options: RunBatchOptions): unknown {
  if (!(error instanceof ProviderError) || error.batchErrors === undefined || error.kind === "quota") return error;
  return refusal(release(options.ledger.chunk(id), options), error.batchErrors, options);
}

/** The provider's complaint, in terms of the user's rows. */
function refusal(chunk: Chunk, errors: readonly BatchError[], options: RunBatchOptions): Error {
  const shown = errors.slice(0, 3).map((error) => describe(chunk, error, options));
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [];
  const message = `the provider refused ${chunk.batchId === null ? "the batch" : `batch ${chunk.batchId}`}: ${[...shown, ...more].join("; ") || "no reason given"}`;
  const isAboutModel = errors.some(({ code, param }) => code === "model_not_found" || param === "body.model");
  const hint = "Nothing of this batch was billed. Mend what is named, then run the same command again.";
  return isAboutModel ? new ConfigurationError(message, { hint }) : new InputDataError(message, { hint });
}

function describe(chunk: Chunk, { code, message, line }: BatchError, { ledger }: RunBatchOptions): string {
  const request = line === undefined ? undefined : ledger.unasked(chunk.id, -1, line)[line - 1];
  return `${request === undefined ? "" : `${request.origin}: `}${message} (${code})`;
}
