import { aborted } from "../core/abort.ts";
import { type Asked, askedLine, distinctRequests, failIfTooLong } from "../core/asked-requests.ts";
import type { Backoff } from "../core/backoff.ts";
import { Budget, NO_LIMITS } from "../core/budget.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import { Change } from "../core/concurrency.ts";
import type { Counters } from "../core/counters.ts";
import { LeftAtWorkError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import type { RequestRow } from "../core/records.ts";
import { BudgetedChunks } from "../ledger/budgeted-chunks.ts";
import { wasTurnedAway } from "../ledger/chunk.ts";
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
  /** What the run may take; undefined for all it asks for. */
  readonly budget?: Budget;
  /** What a request of so many input tokens will cost, in pico-dollars; undefined when its price is not known. */
  readonly estimate?: (tokens: number, model?: string) => bigint | undefined;
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
  readonly #budget: Budget;
  readonly #budgeted: BudgetedChunks;
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
    const { budget = new Budget(NO_LIMITS), estimate = () => undefined } = options;
    this.#budget = budget;
    this.#budgeted = new BudgetedChunks(this.#open, { ...options, budget, estimate });
    this.#deferred = new DeferredRequests(options.ledger, options.run);
    this.#secondTries = new SecondTries(options);
  }

  async *chunks(source: AsyncIterable<readonly RequestRow[]>): AsyncGenerator<Chunk> {
    try {
      yield* this.#hand(this.#ownChunks());
      for await (const rows of source) {
        yield* this.#hand(this.#take(rows));
        // Into the chunk that is open anyway: input that never ends must not keep others from their second try.
        yield* this.#hand(this.#askAgain());
        // Live, nobody waits for a chunk to be full.
        if (this.#options.mode?.() === "live") yield* this.#hand(this.#sealed(this.#open.sealAll()));
        yield* this.#awaitRoom();
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
    const { ledger, counters } = this.#options;
    const { estimatedCost = 0n, cost, unpriced, requests, usage } = ledger.spentOn(chunk.id);
    // What cannot be priced is not taken for free.
    const unusedTokens = wasTurnedAway(chunk) && requests === 0 ? chunk.tokens : 0;
    this.#budget.settle(estimatedCost, unpriced > 0 && estimatedCost > cost ? estimatedCost : cost, unusedTokens);
    if (requests === chunk.requests) counters.compareInput(chunk.tokens, usage.input);
    counters.costEstimatedOfSettled += estimatedCost;
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
    const { endpoint, limits } = this.#options;
    const checked = rows.map((row) => failIfTooLong(row, endpoint, limits));
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
      if (claim?.kind === "new")
        chunks.push(...this.#add(this.#secondTries.lineFor(askedLine(asked, this.#options.endpoint), claim.reply)));
      else if (claim?.kind === "inChunk") chunks.push(...this.#resume(claim.chunkId));
      else if (claim?.kind === "elsewhere") this.#defer(asked, claim.runId);
    }
    return chunks;
  }

  /** What an earlier execution of the run has at the provider takes its room there, whenever its rows come by. */
  #ownChunks(): readonly Chunk[] {
    const { ledger, run } = this.#options;
    return ledger.openChunks(run.id).flatMap(({ id }) => this.#resume(id));
  }

  #resume(chunkId: number): readonly Chunk[] {
    if (this.#tracked.has(chunkId)) return [];
    this.#tracked.add(chunkId);
    const { ledger, log } = this.#options;
    const chunk = ledger.chunk(chunkId);
    this.#budget.reserve(ledger.spentOn(chunkId).estimatedCost ?? 0n);
    log.info("chunk.resumed", { chunk: chunk.name, state: chunk.state, batch: chunk.batchId });
    return [chunk];
  }

  #defer(asked: Asked, runId: number): void {
    if (this.#deferred.isEmpty) {
      const { log } = this.#options;
      log.info(`some requests are being asked by run ${runId}; waiting for it`, { event: "request.elsewhere" });
    }
    this.#deferred.add(askedLine(asked, this.#options.endpoint));
  }

  #add(line: NewLine): readonly Chunk[] {
    return this.#sealed(this.#budgeted.add(line));
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
      yield* this.#hand([...this.#askAgain(), ...this.#retryDeferred()]);
      yield* this.#awaitRoom();
      yield* this.#hand(this.#sealed(this.#open.sealAll()));
      if (this.#inFlight === 0 && this.#secondTries.isEmpty && this.#deferred.isEmpty) break;
      if (this.#inFlight === 0 && this.#secondTries.isEmpty && this.#options.patience.isOver) break;
      await this.#somethingToDo();
    }
    if (this.#parked.length > 0 || !this.#deferred.isEmpty) await this.#leave();
  }

  /** Waits until what is held fits into the budget, because something has cost less than was reserved for it. */
  async *#awaitRoom(): AsyncGenerator<Chunk> {
    while (this.#budgeted.hasHeld) {
      yield* this.#hand(this.#sealed(this.#budgeted.retryHeld()));
      if (!this.#budgeted.hasHeld) break;
      yield* this.#hand(this.#sealed(this.#open.sealAll()));
      if (this.#inFlight > 0) await this.#change.next(this.#options.signal);
      else if (this.#parked.length > 0) await this.#leave();
      else this.#budgeted.refuseHeld();
    }
    this.#options.waitingRoom.notify();
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
    const delayMs = patience.isOver ? this.#lastDelay() : patience.within(this.#nextAt() - clock.now());
    if (delayMs !== Number.POSITIVE_INFINITY) waits.push(clock.sleep(delayMs, either));
    try {
      await Promise.race(waits);
    } finally {
      woken.abort();
      await Promise.allSettled(waits);
    }
  }

  /** Once patience is over, second tries are due, and else only what is under way can bring anything. */
  #lastDelay(): number {
    return this.#secondTries.isEmpty ? Number.POSITIVE_INFINITY : 0;
  }

  #nextAt(): number {
    if (this.#deferred.isEmpty) return this.#secondTries.nextAt;
    return Math.min(this.#secondTries.nextAt, this.#options.clock.now() + ELSEWHERE_POLL_MS);
  }

  #askAgain(): readonly Chunk[] {
    const chunks: Chunk[] = [];
    for (const line of this.#secondTries.due()) {
      chunks.push(...this.#sealed(this.#budgeted.add(line, "again")));
    }
    return chunks;
  }

  #retryDeferred(): readonly Chunk[] {
    if (this.#deferred.isEmpty) return [];
    const chunks: Chunk[] = [];
    for (const { request, claim } of this.#deferred.claimAgain()) {
      if (claim.kind === "new") {
        const line = this.#secondTries.lineFor(request, claim.reply);
        chunks.push(...this.#sealed(this.#budgeted.add(line, "taken over")));
      } else if (claim.kind === "inChunk") chunks.push(...this.#resume(claim.chunkId));
    }
    this.#options.waitingRoom.notify();
    return chunks;
  }

  #countRows(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    const seen = new Set<string>();
    for (const row of rows) {
      if (!("request" in row)) continue;
      const { key } = row.request;
      this.#options.counters.countClaim(seen.has(key) ? "mine" : (claims.get(key)?.kind ?? "mine"));
      seen.add(key);
    }
  }

  #dispose(): void {
    this.#open.discard();
    this.#deferred.dispose();
  }
}

/** What is known of these, is known by looking at their batches. */
const AT_PROVIDER: ReadonlySet<ChunkState> = new Set(["creating", "submitted", "ended"]);

function leaving(atProvider: readonly Chunk[]): LeftAtWorkError {
  const requests = atProvider.reduce((sum, chunk) => sum + chunk.requests, 0);
  const batches = atProvider.length === 1 ? "1 batch is" : `${atProvider.length} batches are`;
  const hint = "Run the same command again to collect what is ready, and to go on.";
  if (atProvider.length === 0) return new LeftAtWorkError("some requests are still to be asked", { hint });
  return new LeftAtWorkError(`${batches} at work, with ${requests} requests; not waiting for them`, { hint });
}
