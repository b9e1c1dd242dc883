import type { Clock } from "../core/clock.ts";
import { forEachConcurrent } from "../core/concurrency.ts";
import { Counters } from "../core/counters.ts";
import { InternalError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import { TokenGate } from "../core/token-gate.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { Provider } from "../providers/provider.ts";
import { fetchResults } from "../stages/fetch.ts";
import { poll } from "../stages/poll.ts";
import { findCreatedBatch } from "../stages/submit.ts";

export interface EndingOptions {
  readonly ledger: Ledger;
  /** May be undefined as long as no chunk's batch is at the provider. */
  readonly provider: Provider | undefined;
  readonly intervalMs: number | undefined;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Calls at a time that ask for a batch's end. */
const ASKING_AT_ONCE = 4;

/** Batches on their way to a premature end. What goes wrong with one is noted, and does not keep others. */
export class EndingBatches {
  readonly #options: EndingOptions;
  readonly #counters = new Counters();
  readonly #errors = new Map<number, unknown>();
  /** Lets one batch at a time move its bytes: several transfers at once are no faster. */
  readonly #transfers = new TokenGate(1);

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** What went wrong with a chunk, in words. */
  errorOf(chunkId: number): string | undefined {
    return this.#errors.has(chunkId) ? messageOf(this.#errors.get(chunkId)) : undefined;
  }

  get firstError(): unknown {
    return this.#errors.values().next().value;
  }

  /** Asks for the end of all, then waits for it and fetches what they have finished. */
  async end(chunks: readonly Chunk[]): Promise<void> {
    await this.#forEach(chunks, ASKING_AT_ONCE, (chunk) => this.#ask(chunk));
    await this.#forEach(chunks, Number.POSITIVE_INFINITY, (chunk) => this.#collect(chunk));
  }

  async #forEach(chunks: readonly Chunk[], limit: number, work: (chunk: Chunk) => Promise<void>): Promise<void> {
    const { ledger, signal } = this.#options;
    const unlessFailed = async ({ id }: Chunk) => {
      if (this.#errors.has(id) || signal.aborted) return;
      // A signal is no failure of the batch: it goes on as it is.
      await work(ledger.chunk(id)).catch((error) => signal.aborted || this.#errors.set(id, error));
    };
    await forEachConcurrent(eachOf(chunks), { limit, stop: new AbortController() }, unlessFailed);
  }

  async #ask(chunk: Chunk): Promise<void> {
    const { ledger, log } = this.#options;
    const submitted = chunk.state === "creating" ? await this.#findOut(chunk) : chunk;
    if (submitted.state !== "submitted") return;
    const { status, counts, times } = await this.#provider.cancelBatch(submitted.batchId ?? "");
    log.info(`batch.${status}`, { batch: submitted.batchId, chunk: chunk.name });
    const { completed, failed } = counts;
    ledger.noteProgress(chunk.id, { batchStatus: status, completed, failed, times });
  }

  /** Whether there is a batch, when that is unclear. @returns the chunk, submitted or settled */
  async #findOut(chunk: Chunk): Promise<Chunk> {
    const { ledger, clock, signal, log } = this.#options;
    const batch = await findCreatedBatch(chunk, { provider: this.#provider, clock, signal });
    if (batch === undefined) return this.#release(chunk);
    log.info("batch.adopted", { chunk: chunk.name, batch: batch.id });
    return ledger.advance(chunk.id, "submitted", { batchId: batch.id, batchStatus: batch.status });
  }

  async #collect(chunk: Chunk): Promise<void> {
    const { signal } = this.#options;
    const ended = chunk.state === "submitted" ? await this.#poll(chunk) : chunk;
    if (ended?.state !== "ended") return;
    if (ended.outputFileId === null && ended.errorFileId === null) {
      this.#release(ended);
      return;
    }
    const leave = await this.#transfers.enter(1, signal);
    try {
      await fetchResults(ended, { ...this.#options, counters: this.#counters, provider: this.#provider });
    } finally {
      leave();
    }
  }

  async #poll(chunk: Chunk): Promise<Chunk | undefined> {
    const ended = await poll(chunk, { ...this.#options, counters: this.#counters, provider: this.#provider });
    return ended?.chunk;
  }

  /** Nothing was done, so that this was no try. */
  #release(chunk: Chunk): Chunk {
    const failure = { code: "cancelled", message: "its batch was cancelled" } as const;
    return this.#options.ledger.settle(chunk.id, { failure, retries: 0, isAttempt: false });
  }

  get #provider(): Provider {
    const { provider } = this.#options;
    if (provider === undefined) throw new InternalError("a batch is to be cancelled without a provider");
    return provider;
  }
}

async function* eachOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
