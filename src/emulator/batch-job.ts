import { existsSync, linkSync } from "node:fs";
import { setImmediate as giveWay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Answerers } from "./answerers.ts";
import { BatchFaults, type EarlyEnd, VALIDATION_FAILED } from "./batch-faults.ts";
import { type ScannedInput, scanInput } from "./batch-input.ts";
import {
  type BatchEnding,
  type BatchRecord,
  failedRecord,
  isTerminal,
  toSeconds,
  withBatch,
  withStrike,
} from "./batch-record.ts";
import type { BatchStore } from "./batch-store.ts";
import { BatchTimeline } from "./batch-timeline.ts";
import { BatchWork } from "./batch-work.ts";
import type { BillingLog } from "./billing.ts";
import type { Answerer } from "./completions.ts";
import type { EnqueuedTokens } from "./enqueued-tokens.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { StrikeName } from "./faults.ts";
import type { FileStore } from "./file-store.ts";
import type { EmulatorLimits } from "./limits.ts";
import { LineFaults } from "./line-faults.ts";
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
  readonly faults: FaultPlan;
  readonly enqueuedTokens: EnqueuedTokens;
}

/** How a batch ends, and by which fault, if by any. */
interface Ending {
  readonly ending: BatchEnding;
  readonly fault?: EarlyEnd["fault"];
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
  readonly #faults: BatchFaults;
  #record: BatchRecord;

  constructor(id: string, services: BatchServices, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    this.#record = services.batches.readForWork(id);
    this.#timeline = new BatchTimeline(this.#record.work.createdMs, services.batchSeconds);
    this.#faults = new BatchFaults(services.faults, this.#record.work.ordinal);
  }

  /** @throws the signal's reason when it aborts; the batch can then be run again. */
  async run(): Promise<void> {
    if (isTerminal(this.#record.batch)) return;
    if (this.#befalls("file_not_found")) return this.#fail([cannotFind(this.#inputId)], "file_not_found");
    const missing = await this.#takeInput();
    if (missing !== undefined) return this.#fail([missing]);
    await this.#waitUntil(this.#timeline.validatedMs);
    if (this.#record.batch.status === "validating" && this.#isCancelled) return this.#end("cancelled");
    const input = await this.#services.scanTurns.run(() => this.#scan());
    if (input.errors.length > 0) return this.#fail(input.errors);
    if (this.#befalls("batch_fails")) return this.#fail([VALIDATION_FAILED], "batch_fails");
    const answerer = await this.#services.answerers.get(this.#record.batch.endpoint, input.model);
    const isBegun = this.#record.batch.status !== "validating";
    if (!isBegun && !(await this.#admit(input, answerer))) return;
    // What was billed only tells something of a batch that had begun before.
    const billed = isBegun ? await this.#services.billing.countOf(this.#id) : 0;
    const work = this.#begin(input, answerer, billed);
    await this.#answerAll(work);
    await this.#conclude(work);
  }

  /** Whether a fault ends the batch before it begins. */
  #befalls(fault: "file_not_found" | "batch_fails"): boolean {
    return this.#record.batch.status === "validating" && this.#faults.ending === fault;
  }

  #fail(errors: readonly BatchErrorObject[], strike?: StrikeName): void {
    const failed = failedRecord(this.#record, errors, this.#now);
    this.#save(strike === undefined ? failed : withStrike(failed, strike));
    this.#services.batches.clearWork(this.#id);
  }

  /** Links the input file beside the record, so that a client may delete it. @returns what is wrong with it */
  async #takeInput(): Promise<BatchErrorObject | undefined> {
    const { files, batches } = this.#services;
    const inputId = this.#inputId;
    const path = batches.inputPath(this.#id);
    if (existsSync(path)) return undefined;
    const file = await files.find(inputId);
    if (file === undefined) return cannotFind(inputId);
    if (file.purpose !== "batch") return refusal(`The file ${inputId} was not uploaded with the purpose 'batch'.`);
    linkSync(files.contentPath(inputId), path);
    return undefined;
  }

  #scan(): Promise<ScannedInput> {
    const { batches, limits } = this.#services;
    const path = batches.inputPath(this.#id);
    return scanInput({ path, endpoint: this.#record.batch.endpoint, limits, signal: this.#signal });
  }

  /** Lets the batch begin, unless too many tokens are enqueued. @returns whether it goes on */
  async #admit(input: ScannedInput, answerer: Answerer): Promise<boolean> {
    const { batches, enqueuedTokens } = this.#services;
    const path = batches.inputPath(this.#id);
    const tokens = await enqueuedTokens.count({ path, input, answerer, signal: this.#signal });
    // From here to its beginning the batch does not give way to another of this process.
    const { batch, work } = this.#record;
    const counted = { batch: { ...batch, model: input.model }, work: { ...work, enqueuedTokens: tokens } };
    if (tokens > 0) this.#save(counted);
    const refusal = enqueuedTokens.refusal(counted);
    if (refusal !== undefined) {
      this.#fail([refusal], "token_limit_exceeded");
      return false;
    }
    const request_counts = { total: input.count, completed: 0, failed: 0 };
    const in_progress_at = toSeconds(this.#now);
    this.#save(withBatch(counted, { status: "in_progress", in_progress_at, request_counts }));
    return true;
  }

  #begin(input: ScannedInput, answerer: Answerer, billed: number): BatchWork {
    const { files, batches, billing, faults } = this.#services;
    const { batch, work } = this.#record;
    const inputPath = batches.inputPath(this.#id);
    const lineFaults = new LineFaults(faults, { ordinal: work.ordinal, endpoint: batch.endpoint });
    const record = this.#record;
    return new BatchWork({ record, input, inputPath, answerer, files, billing, billed, faults: lineFaults });
  }

  async #answerAll(work: BatchWork): Promise<void> {
    const { total } = this.#record.batch.request_counts;
    const early = this.#faults.earlyEnd(total);
    while (this.#record.work.ending === null) {
      const ending = this.#endingOf(work, early);
      const planned = Math.min(early?.answered ?? total, this.#timeline.dueRequests(total, this.#now));
      const due = Math.max(work.answered + work.owedAnswers, planned);
      if (ending !== undefined) this.#save(work.finalize(ending.ending, this.#now, ending.fault));
      else if (work.answered < due) await this.#answerSome(work, due);
      else await this.#services.clock.sleep(LOOK_MS, this.#signal);
    }
  }

  #endingOf(work: BatchWork, early: EarlyEnd | undefined): Ending | undefined {
    if (work.answered === this.#record.batch.request_counts.total) return { ending: "completed" };
    if (work.owedAnswers > 0) return undefined;
    if (this.#isCancelled) return { ending: "cancelled" };
    if (this.#now >= this.#record.work.expiresMs) return { ending: "expired" };
    return early !== undefined && work.answered >= early.answered ? early : undefined;
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
    const endedAt = toSeconds(this.#now);
    const cancelledAt = this.#services.batches.cancellingAt(this.#id);
    const cancelling_at = cancelledAt ?? (ending === "cancelled" ? endedAt : null);
    const ended = withBatch(this.#record, { status: ending, [`${ending}_at`]: endedAt, cancelling_at });
    this.#save(this.#faults.misreport(ended));
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

  get #inputId(): string {
    return this.#record.batch.input_file_id;
  }

  get #now(): number {
    return this.#services.clock.now();
  }

  get #isCancelled(): boolean {
    return this.#services.batches.isCancelRequested(this.#id);
  }
}

function cannotFind(fileId: string): BatchErrorObject {
  return refusal(`Cannot find file ${fileId}, or organization org-emulator does not have access to it.`);
}

function refusal(message: string): BatchErrorObject {
  return { code: "invalid_request", message, param: "file_id", line: null };
}
