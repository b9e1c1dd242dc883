import { type AttemptLimits, Attempts, type NextAttempt, type PassingFailure, type Pulse } from "../core/attempts.ts";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { ConfigurationError, messageOf, UnfinishedError } from "../core/errors.ts";
import { durableStepAsync } from "../core/failpoints.ts";
import { compact } from "../core/json-text.ts";
import { keyOf } from "../core/keys.ts";
import type { CallEnd, LiveGate } from "../core/live-gate.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import { parseRateLimits } from "../core/rate-limit-headers.ts";
import type { ReadAhead } from "../core/read-ahead.ts";
import type { Failure } from "../core/records.ts";
import { readRequestLine, type SentRequest } from "../core/request-line.ts";
import { judgeError } from "../core/verdicts.ts";
import { ChunkFileReader } from "../ledger/chunk-file.ts";
import type { Chunk, Ledger, RecordedOutcome, UnaskedRequest } from "../ledger/ledger.ts";
import { type FileLines, LiveReplies } from "../ledger/live-replies.ts";
import type { LiveReply, LiveRequest } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";

/** One attempt at a request. */
export interface LiveAttempt extends LiveRequest {
  readonly customId: string;
  /** 1 for the first of this request. */
  readonly number: number;
}

export interface AskOptions {
  readonly ledger: Ledger;
  /** Answers a request: the provider, or something of the user's own. */
  readonly respond: (attempt: LiveAttempt) => Promise<LiveReply>;
  readonly gate: LiveGate;
  readonly readAhead: ReadAhead;
  readonly pulse: Pulse;
  readonly attempts: AttemptLimits;
  /** How long an attempt may take, in milliseconds. */
  readonly attemptMs: number;
  /** Output tokens that a reply is expected to take of the tokens per minute. */
  readonly expectedOutput: () => number;
  /** Whether the run asks live; else what an earlier execution has been answered is filed, and no more asked. */
  readonly isLive: () => boolean;
  /** How often a request is asked again, in a later chunk. */
  readonly retries: number;
  readonly fileLines: FileLines;
  /** Told when outcomes have been filed. */
  readonly onFiled: () => void;
  readonly patience: Patience;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long calls that are under way are waited for when the run is stopped, in milliseconds: they are paid for. */
  readonly drainMs: number;
  /** Stops asking. */
  readonly signal: AbortSignal;
}

const LINES_AT_A_TIME = 256;

/**
 * The ask stage: a sealed chunk's requests, one by one, over the ordinary endpoint. Each reply is on disk and filed
 * before anybody sees it. After a kill only those are asked again that had no reply on disk.
 *
 * @returns the chunk, settled; where it stands, when patience ended first
 * @throws {UnfinishedError} when the API is silent for too long, or its quota is used up
 */
export async function ask(chunk: Chunk, options: AskOptions): Promise<Chunk> {
  const { ledger, readAhead, retries } = options;
  readAhead.queue(chunk.requests);
  const asking = ledger.advance(chunk.id, "asking");
  const work = await AskedChunk.open(asking, options);
  const isLive = options.isLive();
  try {
    if (isLive) await work.askAll();
  } finally {
    readAhead.unqueue(chunk.requests - work.started);
    await work.close();
  }
  if (work.isCutShort) return asking;
  const failure = { code: "missing_result", message: "no reply was filed" } as const;
  return ledger.settle(chunk.id, { failure, retries, isAttempt: isLive });
}

/** A chunk while its requests are asked. */
class AskedChunk {
  readonly #chunk: Chunk;
  readonly #options: AskOptions;
  readonly #lines: ChunkFileReader;
  readonly #replies: LiveReplies;
  /** Lets no more calls begin. */
  readonly #stop = new AbortController();
  /** Ends the calls that are under way. */
  readonly #cut = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  /** Requests that wait no longer. */
  started = 0;
  /** Whether patience ended before all was asked. */
  isCutShort = false;

  static async open(chunk: Chunk, options: AskOptions): Promise<AskedChunk> {
    const { ledger, fileLines } = options;
    const replies = await LiveReplies.open(ledger, chunk, fileLines);
    options.onFiled();
    return new AskedChunk(chunk, options, replies);
  }

  private constructor(chunk: Chunk, options: AskOptions, replies: LiveReplies) {
    this.#chunk = chunk;
    this.#options = options;
    this.#replies = replies;
    this.#lines = new ChunkFileReader(options.ledger.directory, chunk.name);
  }

  async askAll(): Promise<void> {
    const { signal, clock, drainMs } = this.#options;
    const stop = () => this.#fail(signal.reason);
    const drain = () => void clock.sleep(drainMs, this.#cut.signal).then(() => this.#cut.abort(signal.reason), noop);
    this.#stop.signal.addEventListener("abort", drain, { once: true });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    await this.#startAll().catch((error) => this.#fail(error));
    await Promise.all(this.#calls);
    signal.removeEventListener("abort", stop);
    this.#cut.abort();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends the chunk's work, for what concerns more than one request. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }

  async close(): Promise<void> {
    this.#lines.close();
    await this.#replies.close();
  }

  async #startAll(): Promise<void> {
    const { ledger, readAhead, patience } = this.#options;
    for (let after = -1; ; ) {
      const lines = ledger.outstanding(this.#chunk.id, after, LINES_AT_A_TIME);
      for (const line of lines) {
        await readAhead.mayAsk(this.#stop.signal);
        if (patience.isOver) this.isCutShort = true;
        if (this.isCutShort) return;
        await this.#start(line);
      }
      if (lines.length < LINES_AT_A_TIME) return;
      after = lines.at(-1)?.offset ?? after;
    }
  }

  /** Begins a request's first attempt as soon as there may be one more, and leaves it to itself. */
  async #start(line: UnaskedRequest): Promise<void> {
    const { gate, readAhead, expectedOutput } = this.#options;
    const permit = await gate.enter(line.tokens + expectedOutput(), this.#stop.signal);
    readAhead.unqueue();
    this.started++;
    const call = this.#answer(line, permit)
      .catch((error) => this.#fail(error))
      .finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }

  async #answer(line: UnaskedRequest, first: Permit): Promise<void> {
    const { attempts: limits, clock, pulse, gate, expectedOutput } = this.#options;
    const { signal } = this.#stop;
    const request = readRequestLine(this.#lines.read(line));
    const attempts = new Attempts(limits, clock, pulse);
    for (let permit = first; ; permit = await gate.enter(line.tokens + expectedOutput(), signal)) {
      attempts.count++;
      const outcome = await this.#attempt(request, attempts, permit);
      if (outcome === undefined) return;
      const delayMs = this.#next(request, outcome);
      if (delayMs === undefined) return;
      if (delayMs > 0) await clock.sleep(delayMs, signal);
    }
  }

  /** @returns what is to follow; undefined when there is a reply */
  async #attempt(request: SentRequest, attempts: Attempts, permit: Permit): Promise<NextAttempt | undefined> {
    const { respond, attemptMs, counters } = this.#options;
    const timeoutMs = Math.max(1, Math.min(attemptMs, attempts.leftMs));
    try {
      const attempt = { ...request, number: attempts.count, timeoutMs, signal: this.#cut.signal };
      counters.liveCalls++;
      const reply = await durableStepAsync("call.ask", () => respond(attempt));
      this.#noteAnswer();
      // Not before: a process that is killed loses no more replies than may be under way.
      await this.#file(request, reply);
      permit.end(endOf(reply));
      return undefined;
    } catch (error) {
      permit.end(endOfFailure(error));
      return this.#judge(error, attempts, request);
    }
  }

  async #file({ customId }: SentRequest, { bodyText, requestId }: LiveReply): Promise<void> {
    const head = { id: requestId ?? null, custom_id: customId, response: { status_code: 200, request_id: requestId } };
    const text = JSON.stringify(head).slice(0, -2);
    await this.#replies.add(`${text},"body":${compact(bodyText)}},"error":null}`);
    this.#options.readAhead.answered();
    this.#options.onFiled();
  }

  #noteAnswer(): void {
    const { pulse, clock } = this.#options;
    pulse.answers++;
    pulse.lastAnswerAt = clock.now();
  }

  /** @throws what concerns more than this request */
  #judge(error: unknown, attempts: Attempts, request: SentRequest): NextAttempt | undefined {
    const { counters, log, readAhead, gate } = this.#options;
    if (!(error instanceof ProviderError)) throw error;
    if (error.kind === "key_refused" || error.kind === "quota") throw error;
    if (isAboutModel(error)) throw noSuchModel(error);
    if (error.status !== undefined && error.status < 500) this.#noteAnswer();
    if (error.kind !== "rate_limited" && error.kind !== "unavailable") {
      this.#refuse(request, error);
      return undefined;
    }
    const { message: said } = error;
    if (!error.isUnsent) counters.countLiveFailure(error.kind);
    log.debug("request.retry", { request: request.customId, attempt: attempts.count, error: said });
    const isLast = readAhead.isEmpty && gate.waiting === 0;
    return attempts.failed(passingFailureOf(error), said, isLast);
  }

  /** The provider will not have it: an outcome like one that comes in a batch. */
  #refuse({ customId }: SentRequest, { status, providerCode: code, providerMessage: message }: ProviderError): void {
    const verdict = judgeError({ status, code, message });
    const kind = verdict.kind === "failed" ? "failed" : "retry";
    if ("failure" in verdict) this.#record(customId, kind, verdict.failure);
  }

  /** @returns how long to wait for the next attempt, in milliseconds; undefined when there is none */
  #next({ customId }: SentRequest, next: NextAttempt): number | undefined {
    if (next.kind === "again") return next.delayMs;
    if (next.kind === "outage") throw silent(this.#options.attempts);
    this.#record(customId, next.isFinal === true ? "failed" : "retry", next.failure);
    return undefined;
  }

  #record(customId: string, kind: "failed" | "retry", failure: Failure): void {
    const { ledger, retries, readAhead, onFiled } = this.#options;
    ledger.record(this.#chunk.id, [outcomeOf(customId, kind, failure)], retries);
    readAhead.answered();
    onFiled();
  }
}

type Permit = Awaited<ReturnType<LiveGate["enter"]>>;

function endOf({ header }: LiveReply): CallEnd {
  const notice = parseRateLimits(header);
  return { kind: "answered", ...(notice === undefined ? {} : { notice }) };
}

function endOfFailure(error: unknown): CallEnd {
  if (!(error instanceof ProviderError)) return { kind: "aborted" };
  const { kind, retryAfterMs } = error;
  if (kind === "unavailable") return { kind: "failed" };
  if (kind !== "rate_limited") return { kind: "answered" };
  return { kind: "rate_limited", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function outcomeOf(customId: string, kind: "failed" | "retry", failure: Failure): RecordedOutcome {
  return { key: keyOf(customId) ?? "", kind, failure };
}

function passingFailureOf({ kind, isUnsent, status }: ProviderError): PassingFailure {
  if (kind === "rate_limited") return kind;
  if (isUnsent) return "held_back";
  return status === undefined ? "unavailable" : "server_error";
}

function isAboutModel({ providerCode }: ProviderError): boolean {
  return providerCode === "model_not_found";
}

function noSuchModel(error: ProviderError): ConfigurationError {
  return new ConfigurationError(messageOf(error), {
    hint: "Check --model and --endpoint, then run the same command again.",
    cause: error,
  });
}

function silent({ patienceMs }: AttemptLimits): UnfinishedError {
  return new UnfinishedError(`the provider has not answered anybody for ${Math.round(patienceMs / 60_000)} minutes`, {
    hint: "What was answered is kept. Run the same command again to go on.",
  });
}

function noop(): void {}
