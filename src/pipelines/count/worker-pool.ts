import { type ResourceLimits, Worker } from "node:worker_threads";
import { BgPipeError, InternalError, messageOf, systemCodeOf } from "../../core/errors.ts";
import { type CountTask, WORKER_FILE, type WorkerMessage, type WorkerSetup } from "./count-worker.ts";
import type { CountedRows } from "./row-counter.ts";

/**
 * Megabytes that a thread's young generation may take. By default it grows to 48: 40 MB more of resident memory for each
 * thread, measured, and 3 % less CPU time.
 */
const YOUNG_GENERATION_MB = 8;

export interface WorkerPoolOptions {
  /** How many threads. */
  readonly size: number;
  /** The most that each may hold on its heap, in megabytes; V8's own limit when undefined. */
  readonly maxHeapMb?: number;
}

/** Threads that count. */
export class WorkerPool {
  readonly #threads: readonly CountingThread[];

  constructor(setup: WorkerSetup, { size, maxHeapMb }: WorkerPoolOptions) {
    const resourceLimits = {
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      ...(maxHeapMb === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMb }),
    };
    this.#threads = Array.from({ length: size }, () => new CountingThread(setup, resourceLimits));
  }

  /** How many have come up. */
  get ready(): number {
    return this.#threads.filter(({ isReady }) => isReady).length;
  }

  /** Waits until all have come up. @throws {InternalError} when one has ended instead */
  async start(): Promise<void> {
    await Promise.all(this.#threads.map(({ up }) => up));
  }

  /**
   * Has a block counted by the thread with the least to do. The block's bytes go to that thread, and are gone from here.
   *
   * @throws {InternalError} when the thread has ended
   */
  count(task: CountTask): Promise<CountedRows> {
    const ready = this.#threads.filter(({ isReady }) => isReady);
    const idlest = ready.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
    return idlest.count(task);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** One thread, which answers its tasks in their order. */
class CountingThread {
  /** Resolves when the thread takes tasks. */
  readonly up: Promise<void>;
  isReady = false;
  readonly #worker: Worker;
  readonly #comeUp = Promise.withResolvers<void>();
  readonly #tasks: PromiseWithResolvers<CountedRows>[] = [];
  #end: InternalError | undefined;

  constructor(setup: WorkerSetup, resourceLimits: ResourceLimits) {
    this.up = this.#comeUp.promise;
    this.up.catch(() => {});
    this.#worker = new Worker(WORKER_FILE, { workerData: setup, resourceLimits, name: "bg-pipe count" });
    this.#worker.on("message", (message: WorkerMessage) => this.#hear(message));
    this.#worker.on("messageerror", (error) => this.#fail(error));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (status) => this.#fail(new Error(`it ended by itself, with status ${status}`)));
  }

  /** Tasks that are not answered yet. */
  get waiting(): number {
    return this.#tasks.length;
  }

  count(task: CountTask): Promise<CountedRows> {
    const answer = Promise.withResolvers<CountedRows>();
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#tasks.push(answer);
    this.#worker.postMessage(task, [task.block.bytes.buffer]);
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (message === "ready") {
      this.isReady = true;
      this.#comeUp.resolve();
    } else if ("counted" in message) {
      this.#tasks.shift()?.resolve(message.counted);
    } else {
      const { code, exitStatus, message: text, hint } = message.refused;
      this.#tasks.shift()?.reject(new BgPipeError(code, exitStatus, text, hint === undefined ? {} : { hint }));
    }
  }

  /** Nobody waits for a thread that has ended: its tasks fail, and so do those to come. */
  #fail(cause: unknown): void {
    this.#end ??= threadError(cause);
    this.#comeUp.reject(this.#end);
    for (const task of this.#tasks.splice(0)) task.reject(this.#end);
  }
}

function threadError(cause: unknown): InternalError {
  if (systemCodeOf(cause) === "ERR_WORKER_OUT_OF_MEMORY") {
    const hint = "Count on one thread, with --workers 0, or keep records smaller, with --max-record-bytes.";
    return new InternalError("a counting thread ran out of memory", { cause, hint });
  }
  return new InternalError(`a counting thread failed: ${messageOf(cause)}`, { cause });
}
