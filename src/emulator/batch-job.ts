import { existsSync, linkSync } from "node:fs";
import { setImmediate as giveWay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Answerers } from "./answerers.ts";
import { type ScannedInput, scanInput } from "./batch-input.ts";
import { type BatchEnding, type BatchRecord, failedRecord, isTerminal, toSeconds, withBatch } from "./batch-record.ts";
import type { BatchStore } from "./batch-store.ts";
import { BatchTimeline } from "./batch-timeline.ts";
import { BatchWork } from "./batch-work.ts";
import type { BillingLog } from "./billing.ts";
import type { FileStore } from "./file-store.ts";
import type { EmulatorLimits } from "./limits.ts";
import type { Turns } from "./turns.ts";
import type { BatchErrorObject } from "./wire.ts";

/** What running batches takes. */
export interface BatchServices {
  readonly clock: Clock;
  readonly limits: EmulatorLimits;
  readonly batchSeconds: number;
  readonly files: FileStore;
  readonly batches: BatchStore;
  readonly billing: BillingLog;
  readonly answerers: Answerers;
  readonly scanTurns: Turns;
}

/** How often a batch that waits looks whether it was cancelled. */
const LOOK_MS = 100;

/**
 * Takes one batch from wherever its record says it is to its end:
 *
 * ```
 * validating → failed | cancelled
 * validating → in_progress → finalizing → completed | expired | cancelled
 * ```
 *
 * Only the holder of the batch's claim runs it. Killed at any point, it goes on from the record.
 */
export class BatchJob {
  readonly #services: BatchServices;
  readonly #signal: AbortSignal;
  readonly #timeline: BatchTimeline;
  #record: BatchRecord;

  constructor(id: string, services: BatchServices, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    this.#record = services.batches.readForWork(id);
    this.#timeline = new BatchTimeline(this.#record.work.createdMs, services.batchSeconds);
  }

  /** @throws the signal's reason when it aborts; the batch can then be run again. */
  async run(): Promise<void> {
    if (isTerminal(this.#record.batch)) return;
    const missing = await this.#takeInput();
    if (missing !== undefined) return this.#fail([missing]);
    await this.#waitUntil(this.#timeline.validatedMs);
    if (this.#record.batch.status === "validating" && this.#isCancelled) return this.#end("cancelled");
    const input = await this.#services.scanTurns.run(() => this.#scan());
    if (input.errors.length > 0) return this.#fail(input.errors);
    const work = await this.#begin(input);
    await this.#answerAll(work);
    await this.#conclude(work);
  }

  #fail(errors: readonly BatchErrorObject[]): void {
    this.#save(failedRecord(this.#record, errors, this.#now));
    this.#services.batches.clearWork(this.#id);
  }

  /** Links the input file beside the record, so that a client may delete it. @returns what is wrong with it */
  async #takeInput(): Promise<BatchErrorObject | undefined> {
    const { files, batches } = this.#services;
    const inputId = this.#record.batch.input_file_id;
    const path = batches.inputPath(this.#id);
    if (existsSync(path)) return undefined;
    const file = await files.find(inputId);
    if (file === undefined) {
      return refusal(`Cannot find file ${inputId}, or organization org-emulator does not have access to it.`);
    }
    if (file.purpose !== "batch") return refusal(`The file ${inputId} was not uploaded with the purpose 'batch'.`);
    linkSync(files.contentPath(inputId), path);
    return undefined;
  }

  #scan(): Promise<ScannedInput> {
    const { batches, limits } = this.#services;
    const path = batches.inputPath(this.#id);
    return scanInput({ path, endpoint: this.#record.batch.endpoint, limits, signal: this.#signal });
  }

  async #begin(input: ScannedInput): Promise<BatchWork> {
    const { files, batches, billing, answerers } = this.#services;
    const { endpoint, status } = this.#record.batch;
    const answerer = await answerers.get(endpoint, input.model);
    const billed = status === "validating" ? 0 : await billing.countOf(this.#id);
    if (status === "validating") {
      const request_counts = { total: input.count, completed: 0, failed: 0 };
      const in_progress_at = toSeconds(this.#now);
      const changes = { status: "in_progress", model: input.model, in_progress_at, request_counts } as const;
      this.#save(withBatch(this.#record, changes));
    }
    const inputPath = batches.inputPath(this.#id);
    return new BatchWork({ record: this.#record, input, inputPath, answerer, files, billing, billed });
  }

  async #answerAll(work: BatchWork): Promise<void> {
    const { total } = this.#record.batch.request_counts;
    while (this.#record.work.ending === null) {
      const ending = this.#endingOf(work, total);
      const due = Math.max(work.answered + work.owedAnswers, this.#timeline.dueRequests(total, this.#now));
      if (ending !== undefined) this.#save(work.finalize(ending, this.#now));
      else if (work.answered < due) await this.#answerSome(work, due);
      else await this.#services.clock.sleep(LOOK_MS, this.#signal);
    }
  }

  #endingOf(work: BatchWork, total: number): BatchEnding | undefined {
    if (work.answered === total) return "completed";
    if (work.owedAnswers > 0) return undefined;
    if (this.#isCancelled) return "cancelled";
    return this.#now >= this.#record.work.expiresMs ? "expired" : undefined;
  }

  async #answerSome(work: BatchWork, due: number): Promise<void> {
    work.answerSome(due);
    this.#save(work.checkpoint());
    await giveWay(undefined, { signal: this.#signal });
  }

  async #conclude(work: BatchWork): Promise<void> {
    const ending = this.#record.work.ending ?? "completed";
    if (ending === "completed") await this.#waitUntil(this.#timeline.endMs);
    else for (const _slice of work.writeUnanswered(ending)) await giveWay(undefined, { signal: this.#signal });
    this.#record = work.publish();
    this.#end(this.#isCancelled ? "cancelled" : ending);
  }

  #end(ending: BatchEnding): void {
    const cancelling_at = this.#services.batches.cancellingAt(this.#id);
    this.#save(withBatch(this.#record, { status: ending, [`${ending}_at`]: toSeconds(this.#now), cancelling_at }));
    this.#services.batches.clearWork(this.#id);
  }

  /** Waits in short steps, and no longer than until the batch is cancelled or expires. */
  async #waitUntil(timeMs: number): Promise<void> {
    const endMs = Math.min(timeMs, this.#record.work.expiresMs);
    while (this.#now < endMs && !this.#isCancelled) {
      await this.#services.clock.sleep(Math.min(LOOK_MS, endMs - this.#now), this.#signal);
    }
  }

  #save(record: BatchRecord): void {
    this.#record = record;
    this.#services.batches.write(record);
  }

  get #id(): string {
    return this.#record.batch.id;
  }

  get #now(): number {
    return this.#services.clock.now();
  }

  get #isCancelled(): boolean {
    return this.#services.batches.isCancelRequested(this.#id);
  }
}

function refusal(message: string): BatchErrorObject {
  return { code: "invalid_request", message, param: "file_id", line: null };
}
