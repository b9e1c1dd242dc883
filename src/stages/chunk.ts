import type { Backoff } from "../core/backoff.ts";
import { nextDelay } from "../core/backoff.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import { Change } from "../core/concurrency.ts";
import type { Counters } from "../core/counters.ts";
import type { Logger } from "../core/logger.ts";
import type { Failure, Position, Request, RequestRow } from "../core/records.ts";
import { requestLine, requestLineBytes } from "../core/request-line.ts";
import { ChunkFileReader, type NewLine, removeChunkFile } from "../ledger/chunk-file.ts";
import { DeferredRequests } from "../ledger/deferred.ts";
import type { Chunk, Claim } from "../ledger/ledger.ts";
import { type ChunkOrigin, OpenChunks } from "../ledger/open-chunks.ts";
import type { WaitingRoom } from "../ledger/waiting-room.ts";

export interface ChunkOptions extends ChunkOrigin {
  readonly limits: ChunkLimits;
  readonly waitingRoom: WaitingRoom;
  /** The wait before requests are asked again. */
  readonly backoff: Backoff;
  readonly counters: Counters;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How often to look whether another process has settled what this run waits for. */
const ELSEWHERE_POLL_MS = 1_000;
const UNASKED_AT_A_TIME = 500;

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
  /** Settled chunks with requests to ask again, and when. */
  readonly #toAskAgain = new Map<number, number>();
  #inFlight = 0;

  constructor(options: ChunkOptions) {
    this.#options = options;
    this.#open = new OpenChunks(options, options.limits);
    this.#deferred = new DeferredRequests(options.ledger, options.run);
  }

  async *chunks(source: AsyncIterable<readonly RequestRow[]>): AsyncGenerator<Chunk> {
    try {
      for await (const rows of source) {
        yield* this.#hand(this.#take(rows));
        // Into the chunk that is open anyway: input that never ends must not keep others from their second try.
        yield* this.#hand(this.#askAgain());
      }
      yield* this.#hand(this.#sealed(this.#open.sealAll()));
      yield* this.#finish();
    } finally {
      this.#dispose();
    }
  }

  /** Told by the caller when a chunk is settled, so that what it left open is asked again. */
  onSettled(chunk: Chunk): void {
    const { ledger, clock, backoff } = this.#options;
    this.#inFlight--;
    const [unasked] = ledger.unasked(chunk.id, -1, 1);
    if (unasked === undefined) removeChunkFile(ledger.directory, chunk.name);
    else this.#toAskAgain.set(chunk.id, clock.now() + nextDelay(backoff, Math.max(0, unasked.attempts - 1)));
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
      if (claim?.kind === "new") chunks.push(...this.#add(this.#lineOf(asked)));
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
      if (this.#inFlight === 0 && this.#toAskAgain.size === 0 && this.#deferred.isEmpty) return;
      await this.#somethingToDo();
    }
  }

  async #somethingToDo(): Promise<void> {
    const { clock, signal } = this.#options;
    const times = [...this.#toAskAgain.values()];
    if (!this.#deferred.isEmpty) times.push(clock.now() + ELSEWHERE_POLL_MS);
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    const waits = [this.#change.next(either)];
    if (times.length > 0) waits.push(clock.sleep(Math.max(0, Math.min(...times) - clock.now()), either));
    try {
      await Promise.race(waits);
    } finally {
      woken.abort();
      await Promise.allSettled(waits);
    }
  }

  #askAgain(): readonly Chunk[] {
    const now = this.#options.clock.now();
    const due = [...this.#toAskAgain].filter(([, time]) => time <= now).map(([chunkId]) => chunkId);
    return due.flatMap((chunkId) => this.#askChunkAgain(chunkId));
  }

  #askChunkAgain(chunkId: number): Chunk[] {
    const { ledger, counters } = this.#options;
    this.#toAskAgain.delete(chunkId);
    const reader = new ChunkFileReader(ledger.directory, ledger.chunk(chunkId).name);
    const chunks: Chunk[] = [];
    try {
      for (let after = -1; ; ) {
        const requests = ledger.unasked(chunkId, after, UNASKED_AT_A_TIME);
        const claims = this.#claim(requests.map(({ key }) => key));
        // A row that came by meanwhile may have put its request into a chunk itself.
        const free = requests.filter(({ key }) => claims.get(key)?.kind === "new");
        for (const request of free) chunks.push(...this.#add({ ...request, line: reader.read(request) }));
        counters.requestsAskedAgain += free.length;
        after = requests.at(-1)?.offset ?? after;
        if (requests.length < UNASKED_AT_A_TIME) return chunks;
      }
    } finally {
      reader.close();
      removeChunkFile(ledger.directory, ledger.chunk(chunkId).name);
    }
  }

  #retryDeferred(): readonly Chunk[] {
    if (this.#deferred.isEmpty) return [];
    const chunks: Chunk[] = [];
    for (const { request, claim } of this.#deferred.claimAgain()) {
      if (claim.kind === "new") chunks.push(...this.#add(request));
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

function tooLong(message: string): Failure {
  return { code: "too_long", message };
}
