import { aborted } from "../core/abort.ts";
import type { Backoff } from "../core/backoff.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import { Change } from "../core/concurrency.ts";
import type { Counters } from "../core/counters.ts";
import { UnfinishedError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import type { Failure, Position, Request, RequestRow } from "../core/records.ts";
import { requestLine, requestLineBytes } from "../core/request-line.ts";
import type { NewLine } from "../ledger/chunk-file.ts";
import { DeferredRequests } from "../ledger/deferred.ts";
import type { Chunk, ChunkState, Claim } from "../ledger/ledger.ts";
import { type ChunkOrigin, OpenChunks } from "../ledger/open-chunks.ts";
import { type Reask, SecondTries } from "../ledger/second-tries.ts";
import type { WaitingRoom } from "../ledger/waiting-room.ts";

export interface ChunkOptions extends ChunkOrigin {
  readonly limits: ChunkLimits;
  readonly waitingRoom: WaitingRoom;
  /** The wait before requests are asked again. */
  readonly backoff: Backoff;
  readonly reask: Reask;
  readonly patience: Patience;
  readonly counters: Counters;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How often to look whether another process has settled what this run waits for. */
const ELSEWHERE_POLL_MS = 1_000;

/**
 * The chunk stage: requests to sealed chunks, ready to submit.
 *
 * Every row goes to the waiting room; every request that nobody has asked goes into a chunk. What comes back
 * without an outcome goes into a later chunk. The stage is over when all requests are settled.
 */
export class ChunkStage {
  readonly #options: ChunkOptions;
  readonly #open: OpenChunks;
  readonly #deferred: DeferredRequests;
  readonly #change = new Change();
  /** Chunks that this execution works or has worked on. */
  readonly #tracked = new Set<number>();
  readonly #secondTries: SecondTries;
  #inFlight = 0;
  /** Chunks that are left to a later run. */
  readonly #parked: Chunk[] = [];
  /** Whether the provider has been given all it takes for now, so that reading on would lead to nothing. */
  #isFull = false;

  constructor(options: ChunkOptions) {
    this.#options = options;
    this.#open = new OpenChunks(options, options.limits);
    this.#deferred = new DeferredRequests(options.ledger, options.run);
    this.#secondTries = new SecondTries(options);
  }

  async *chunks(source: AsyncIterable<readonly RequestRow[]>): AsyncGenerator<Chunk> {
    try {
      for await (const rows of source) {
        yield* this.#hand(this.#take(rows));
        // Into the chunk that is open anyway: input that never ends must not keep others from their second try.
        yield* this.#hand(this.#askAgain());
        if (this.#isFull) await this.#leave();
      }
      yield* this.#hand(this.#sealed(this.#open.sealAll()));
      yield* this.#finish();
    } finally {
      this.#dispose();
    }
  }

  /** Told by the caller when a chunk is settled, so that what it left open is asked again. */
  onSettled(chunk: Chunk): void {
    this.#inFlight--;
    this.#secondTries.add(chunk);
    this.#change.notify();
  }

  /** Told by the caller when a chunk is left to a later run, because patience is over. */
  onParked(chunk: Chunk): void {
    this.#inFlight--;
    this.#parked.push(chunk);
    this.#isFull ||= !AT_PROVIDER.has(chunk.state);
    this.#change.notify();
  }

  /** Told by the caller when the provider takes fewer tokens at once than was believed. */
  lowerTokenLimit(tokens: number): void {
    this.#open.lowerTokenLimit(tokens);
  }

  *#hand(chunks: Iterable<Chunk>): Generator<Chunk> {
    for (const chunk of chunks) {
      this.#inFlight++;
      yield chunk;
    }
  }

  /** Puts an array of rows where they belong. @returns the chunks to work on because of them */
  #take(rows: readonly RequestRow[]): readonly Chunk[] {
    const checked = rows.map((row) => this.#failIfTooLong(row));
    const asked = distinctRequests(checked);
    const claims = this.#claim(asked.map(({ request }) => request.key));
    const chunks = this.#ask(asked, claims);
    this.#countRows(checked, claims);
    this.#options.waitingRoom.add(checked, claims);
    return chunks;
  }

  #claim(keys: readonly string[]): ReadonlyMap<string, Claim> {
    const { ledger, run } = this.#options;
    const claims = ledger.claim(keys, run);
    return new Map(claims.map((claim, index) => [keys[index] ?? "", claim]));
  }

  #ask(requests: readonly Asked[], claims: ReadonlyMap<string, Claim>): readonly Chunk[] {
    const chunks: Chunk[] = [];
    for (const asked of requests) {
      const claim = claims.get(asked.request.key);
      if (claim?.kind === "new") chunks.push(...this.#add(this.#secondTries.lineFor(this.#lineOf(asked), claim.reply)));
      else if (claim?.kind === "inChunk") chunks.push(...this.#resume(claim.chunkId));
      else if (claim?.kind === "elsewhere") this.#defer(asked, claim.runId);
    }
    return chunks;
  }

  #resume(chunkId: number): readonly Chunk[] {
    if (this.#tracked.has(chunkId)) return [];
    this.#tracked.add(chunkId);
    const chunk = this.#options.ledger.chunk(chunkId);
    this.#options.log.info("chunk.resumed", { chunk: chunk.name, state: chunk.state, batch: chunk.batchId });
    return [chunk];
  }

  #defer(asked: Asked, runId: number): void {
    if (this.#deferred.isEmpty) {
      this.#options.log.info(`some requests are being asked by another process (run ${runId}); waiting for it`);
    }
    this.#deferred.add(this.#lineOf(asked));
  }

  #add(line: NewLine): readonly Chunk[] {
    return this.#sealed(this.#open.add(line));
  }

  #sealed(chunks: readonly Chunk[]): readonly Chunk[] {
    const { counters, log } = this.#options;
    for (const { id, name, requests, bytes, tokens } of chunks) {
      this.#tracked.add(id);
      counters.chunks++;
      log.debug("chunk.sealed", { chunk: name, requests, bytes, tokens });
    }
    return chunks;
  }

  /** After the input's end: asks again what came back open, and waits for the rest. */
  async *#finish(): AsyncGenerator<Chunk> {
    for (;;) {
      yield* this.#hand([...this.#askAgain(), ...this.#retryDeferred(), ...this.#sealed(this.#open.sealAll())]);
      if (this.#inFlight === 0 && this.#secondTries.isEmpty && this.#deferred.isEmpty) break;
      if (this.#inFlight === 0 && this.#options.patience.isOver) break;
      await this.#somethingToDo();
    }
    if (this.#parked.length > 0 || !this.#deferred.isEmpty) await this.#leave();
  }

  /** Leaves what is at the provider to a later run, once what has ended there is collected. Does not come back. */
  async #leave(): Promise<never> {
    const { waitingRoom, signal } = this.#options;
    while (this.#inFlight > 0) await this.#change.next(signal);
    waitingRoom.leave(leaving(this.#parked.filter(({ state }) => AT_PROVIDER.has(state))));
    return aborted(signal);
  }

  async #somethingToDo(): Promise<void> {
    const { clock, patience, signal } = this.#options;
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    const waits = [this.#change.next(either)];
    const delayMs = patience.within(this.#nextAt() - clock.now());
    if (delayMs !== Number.POSITIVE_INFINITY) waits.push(clock.sleep(delayMs, either));
    try {
      await Promise.race(waits);
    } finally {
      woken.abort();
      await Promise.allSettled(waits);
    }
  }

  #nextAt(): number {
    if (this.#deferred.isEmpty) return this.#secondTries.nextAt;
    return Math.min(this.#secondTries.nextAt, this.#options.clock.now() + ELSEWHERE_POLL_MS);
  }

  #askAgain(): readonly Chunk[] {
    const chunks: Chunk[] = [];
    for (const line of this.#secondTries.due()) {
      chunks.push(...this.#add(line));
      this.#options.counters.requestsAskedAgain++;
    }
    return chunks;
  }

  #retryDeferred(): readonly Chunk[] {
    if (this.#deferred.isEmpty) return [];
    const chunks: Chunk[] = [];
    for (const { request, claim } of this.#deferred.claimAgain()) {
      if (claim.kind === "new") chunks.push(...this.#add(this.#secondTries.lineFor(request, claim.reply)));
      else if (claim.kind === "inChunk") chunks.push(...this.#resume(claim.chunkId));
    }
    this.#options.waitingRoom.notify();
    return chunks;
  }

  #failIfTooLong(row: RequestRow): RequestRow {
    if (!("request" in row)) return row;
    const failure = this.#tooLong(row.request);
    return failure === undefined ? row : { row: row.row, failure };
  }

  #tooLong({ key, bodyText, tokens }: Request): Failure | undefined {
    const { bytes: maxBytes, tokens: maxTokens } = this.#options.limits;
    const bytes = requestLineBytes(key, this.#options.endpoint, bodyText);
    if (bytes > maxBytes) return tooLong(`the request has ${bytes} bytes, a chunk holds ${maxBytes}`);
    if (tokens > maxTokens) return tooLong(`the request has ${tokens} tokens, a chunk holds ${maxTokens}`);
    return undefined;
  }

  #lineOf({ request: { key, bodyText, tokens }, position }: Asked): NewLine {
    const line = requestLine(key, this.#options.endpoint, bodyText);
    return { key, tokens, line, origin: `${position.file}:${position.line}` };
  }

  #countRows(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    const seen = new Set<string>();
    for (const row of rows) {
      if (!("request" in row)) continue;
      const { key, tokens } = row.request;
      this.#countRow(seen.has(key) ? "mine" : (claims.get(key)?.kind ?? "mine"), tokens);
      seen.add(key);
    }
  }

  #countRow(kind: Claim["kind"], tokens: number): void {
    const { counters } = this.#options;
    if (kind === "settled") counters.rowsReused++;
    else if (kind === "mine") counters.rowsShared++;
    else if (kind === "new") {
      counters.rowsAsked++;
      counters.tokensEstimated += tokens;
    } else counters.rowsAttached++;
  }

  #dispose(): void {
    this.#open.discard();
    this.#deferred.dispose();
  }
}

/** A request, and where the first row stands that asks it. */
interface Asked {
  readonly request: Request;
  readonly position: Position;
}

function distinctRequests(rows: readonly RequestRow[]): readonly Asked[] {
  const asked = new Map<string, Asked>();
  for (const row of rows) {
    if (!("request" in row) || asked.has(row.request.key)) continue;
    asked.set(row.request.key, { request: row.request, position: row.row.position });
  }
  return [...asked.values()];
}

/** What is known of these, is known by looking at their batches. */
const AT_PROVIDER: ReadonlySet<ChunkState> = new Set(["creating", "submitted", "ended"]);

function leaving(atProvider: readonly Chunk[]): UnfinishedError {
  const requests = atProvider.reduce((sum, chunk) => sum + chunk.requests, 0);
  const batches = atProvider.length === 1 ? "1 batch is" : `${atProvider.length} batches are`;
  const hint = "Run the same command again to collect what is ready, and to go on.";
  return new UnfinishedError(`${batches} at work, with ${requests} requests; not waiting for them`, { hint });
}

function tooLong(message: string): Failure {
  return { code: "too_long", message };
}
