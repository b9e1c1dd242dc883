import { messageOf } from "../core/errors.ts";
import { BatchJob, type BatchServices } from "./batch-job.ts";
import { failedRecord, isTerminal } from "./batch-record.ts";
import type { Claims } from "./claims.ts";

/** Runs the batches this emulator holds the claims of, each until it ends or the emulator closes. */
export class BatchRunner {
  readonly #services: BatchServices;
  readonly #claims: Claims;
  readonly #jobs = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(services: BatchServices, claims: Claims) {
    this.#services = services;
    this.#claims = claims;
  }

  /** Sees to it that somebody works on a batch: this emulator, unless another that lives does already. */
  ensureRunning(id: string): void {
    if (this.#closing.signal.aborted || this.#jobs.has(id) || !this.#claims.take(id)) return;
    const run = this.#run(id).finally(() => {
      this.#jobs.delete(id);
      this.#claims.release(id);
    });
    this.#jobs.set(id, run);
  }

  /** Takes up whatever an earlier emulator on this directory left unfinished. */
  async resume(): Promise<void> {
    for (const id of await this.#services.batches.ids()) {
      const record = await this.#services.batches.find(id);
      if (record !== undefined && !isTerminal(record.batch)) this.ensureRunning(id);
    }
  }

  /** Stops the work where it is and lets go of the claims. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#jobs.values());
  }

  /** Never rejects: what cannot even be put on record is tried again when somebody asks for the batch. */
  async #run(id: string): Promise<void> {
    try {
      await new BatchJob(id, this.#services, this.#closing.signal).run();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#fail(id, messageOf(error));
    }
  }

  #fail(id: string, message: string): void {
    const { batches, clock } = this.#services;
    try {
      const errors = [{ code: "server_error", message, param: null, line: null }];
      batches.write(failedRecord(batches.readForWork(id), errors, clock.now()));
    } catch {
      // A full disk, say. The record still says where the work stood.
    }
  }
}
