import { setImmediate } from "node:timers/promises";
import { rowsOfBlock } from "./block-rows.ts";
import type { CountTask, WorkerSetup } from "./count-worker.ts";
import type { CountedRows, RowCounter } from "./row-counter.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Blocks that each thread has: one that it counts, and one for the time until it is given the next. */
const BLOCKS_PER_WORKER = 2;

export interface BlockCounterOptions {
  /** Counts on this thread. */
  readonly counter: RowCounter;
  /** What threads are started with. */
  readonly setup: WorkerSetup;
  /** Threads, at most; fewer than 2 are none. */
  readonly workers: number;
  /** Bytes that are counted on this thread before others are started; with 0, nothing is before they are there. */
  readonly bytesBefore: number;
}

/** Counts blocks of lines: on this thread, or in several others once there is enough to pay for them. */
export class BlockCounter {
  readonly #options: BlockCounterOptions;
  #pool: WorkerPool | undefined;
  #bytes = 0;

  constructor(options: BlockCounterOptions) {
    this.#options = options;
  }

  /** How many blocks may be under way before the first is waited for. */
  get width(): number {
    return Math.max(1, (this.#pool?.ready ?? 0) * BLOCKS_PER_WORKER);
  }

  /** Counts a block, which is gone from here then. Until threads have come up, that is done on this one. */
  async count(task: CountTask): Promise<CountedRows> {
    await this.#staff(task.block.bytes.length);
    if (this.#pool !== undefined && this.#pool.ready > 0) return this.#pool.count(task);
    const { counter, setup } = this.#options;
    // Threads that come up, and signals, are heard of between two blocks only.
    await setImmediate();
    return counter.count(rowsOfBlock(task.block, { file: task.file, maxRecordBytes: setup.maxRecordBytes }));
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  async #staff(bytes: number): Promise<void> {
    const { workers, bytesBefore, setup } = this.#options;
    this.#bytes += bytes;
    if (this.#pool !== undefined || workers < 2) return;
    if (this.#bytes <= bytesBefore) return;
    this.#pool = new WorkerPool(setup, { size: workers });
    if (bytesBefore === 0) await this.#pool.start();
  }
}
