import { LineReader, type ScannedInput } from "./batch-input.ts";
import { answerLine, type LineAnswer, unansweredLine } from "./batch-lines.ts";
import { type BatchEnding, type BatchRecord, toSeconds, withBatch, withStrike } from "./batch-record.ts";
import { type BatchLine, parseBatchLine } from "./batch-validation.ts";
import type { BillingEntry, BillingLog } from "./billing.ts";
import type { Answer, Answerer } from "./completions.ts";
import { errorOfStatus } from "./errors.ts";
import type { FaultName } from "./faults.ts";
import type { FileStore } from "./file-store.ts";
import { directiveOf, type LineFault, type LineFaults } from "./line-faults.ts";
import { shuffledOrder } from "./random.ts";
import { ResultFile } from "./result-file.ts";
import { addUsage } from "./usage.ts";

/** How long answering goes on before other work of the process has its turn. */
const SLICE_MS = 10;
const LINES_PER_SLICE = 256;

/** What the work on one batch is done with. */
export interface BatchWorkParts {
  readonly record: BatchRecord;
  readonly input: ScannedInput;
  readonly inputPath: string;
  readonly answerer: Answerer;
  readonly files: FileStore;
  readonly billing: BillingLog;
  /** Requests of this batch in the billing log, which may be ahead of the record when a worker was killed. */
  readonly billed: number;
  readonly faults: LineFaults;
}

/**
 * Answers a batch's requests one by one in their shuffled order, and writes results and bills. What was done since
 * the last {@link checkpoint} is lost when the process is killed, and done again to the same effect.
 */
export class BatchWork {
  readonly #parts: BatchWorkParts;
  readonly #order: Uint32Array;
  readonly #output: ResultFile;
  readonly #errors: ResultFile;
  #record: BatchRecord;
  #bills: BillingEntry[] = [];
  #billsToSkip: number;

  constructor(parts: BatchWorkParts) {
    const { work, batch } = parts.record;
    this.#parts = parts;
    this.#record = parts.record;
    this.#order = shuffledOrder(parts.input.count, parts.input.digest);
    this.#output = new ResultFile(parts.files.contentPath(work.outputFileId), work.outputBytes);
    this.#errors = new ResultFile(parts.files.contentPath(work.errorFileId), work.errorBytes);
    this.#billsToSkip = parts.billed - batch.request_counts.completed;
  }

  get answered(): number {
    return this.#record.work.answered;
  }

  /** How many requests that were billed before a kill have yet to be answered again: no stopping before that. */
  get owedAnswers(): number {
    return this.#billsToSkip;
  }

  /**
   * Answers requests up to number `end`, for some milliseconds and at least one. Without giving way: the file is open
   * only here, so that any number of batches can be under way.
   */
  answerSome(end: number): void {
    const reader = new LineReader(this.#parts.inputPath, this.#parts.input);
    try {
      const stopMs = performance.now() + SLICE_MS;
      do this.#answerNext(reader);
      while (this.answered < end && performance.now() < stopMs);
    } finally {
      reader.close();
    }
  }

  /**
   * Brings results and bills to disk.
   *
   * @returns the record that says so, for the caller to write: it comes last, and promises nothing that is not there
   */
  checkpoint(): BatchRecord {
    this.#output.flush();
    this.#errors.flush();
    this.#parts.billing.append(this.#bills);
    this.#bills = [];
    const sizes = { outputBytes: this.#output.bytes, errorBytes: this.#errors.bytes };
    this.#record = { ...this.#record, work: { ...this.#record.work, ...sizes } };
    return this.#record;
  }

  /** As {@link checkpoint}; from then on nothing more is answered. */
  finalize(ending: BatchEnding, nowMs: number, fault?: FaultName): BatchRecord {
    const { batch, work } = this.checkpoint();
    const finalizing: BatchRecord = {
      batch: { ...batch, status: "finalizing", finalizing_at: toSeconds(nowMs) },
      work: { ...work, ending },
    };
    this.#record = fault === undefined ? finalizing : withStrike(finalizing, fault);
    return this.#record;
  }

  /** Writes error lines for the requests that were not come to, in slices, so that the caller can give way. */
  *writeUnanswered(ending: "expired" | "cancelled"): Generator<void> {
    const reader = new LineReader(this.#parts.inputPath, this.#parts.input);
    try {
      for (let position = this.answered; position < this.#order.length; position++) {
        const { customId } = parseBatchLine(reader.read(this.#order[position] ?? 0));
        this.#errors.add(unansweredLine(this.#record.batch.id, customId, ending));
        if (position % LINES_PER_SLICE === 0) yield;
      }
    } finally {
      reader.close();
    }
  }

  /** Makes the result files known to clients; one without a line is dropped. */
  publish(): BatchRecord {
    this.#output.flush();
    this.#errors.flush();
    const { outputFileId, errorFileId } = this.#record.work;
    return withBatch(this.#record, {
      output_file_id: this.#publishFile(this.#output, outputFileId, "output"),
      error_file_id: this.#publishFile(this.#errors, errorFileId, "error"),
    });
  }

  #answerNext(reader: LineReader): void {
    const index = this.#order[this.answered] ?? 0;
    const { batch } = this.#record;
    const line = parseBatchLine(reader.read(index));
    const { customId, body } = line;
    const fault = this.#parts.faults.of(customId);
    const occasion = { name: `${batch.id}/${index}`, createdSeconds: batch.created_at, fault: directiveOf(fault) };
    const answer = this.#parts.answerer.answer(body, occasion);
    if (answer.delivery !== "lost") this.#write(customId, answer);
    if (fault !== undefined) this.#record = withStrike(this.#record, fault);
    this.#addLine(fault, line, () => this.#parts.answerer.answer(body, { ...occasion, variant: "again" }));
    const { usage, request } = answer;
    if (usage !== undefined) {
      const { id, endpoint } = batch;
      this.#bill({ custom_id: customId, batch_id: id, endpoint, model: body.model, usage, request });
    }
    this.#tally(answer);
  }

  #write(customId: string, answer: LineAnswer): void {
    (answer.status === 200 ? this.#output : this.#errors).add(answerLine(this.#record.batch.id, customId, answer));
  }

  /** Writes the line that some faults put beside the right one. */
  #addLine(fault: LineFault | undefined, { customId }: BatchLine, answerAgain: () => Answer): void {
    if (fault === "line_doubled") this.#write(customId, answerAgain());
    if (fault === "line_foreign") this.#write(this.#parts.faults.foreignIdLike(customId), answerAgain());
    if (fault !== "line_in_both_files") return;
    const { status, body } = errorOfStatus(500);
    this.#write(customId, { status, body, delivery: "whole" });
  }

  #bill(entry: BillingEntry): void {
    if (this.#billsToSkip > 0) this.#billsToSkip--;
    else this.#bills.push(entry);
  }

  #tally(answer: Answer): void {
    const { batch, work } = this.#record;
    const { total, completed, failed } = batch.request_counts;
    const isGood = answer.status === 200;
    const counts = { total, completed: completed + (isGood ? 1 : 0), failed: failed + (isGood ? 0 : 1) };
    const usage = answer.usage === undefined ? batch.usage : addUsage(batch.usage, answer.usage);
    this.#record = {
      batch: { ...batch, request_counts: counts, usage },
      work: { ...work, answered: work.answered + 1 },
    };
  }

  #publishFile(file: ResultFile, id: string, kind: string): string | null {
    if (file.bytes === 0) {
      file.remove();
      return null;
    }
    const { batch, work } = this.#record;
    const fileName = `${batch.id}_${kind}.jsonl`;
    const lifetimeSeconds = work.outputLifetimeSeconds;
    this.#parts.files.publish({ id, bytes: file.bytes, fileName, purpose: "batch_output", lifetimeSeconds });
    return id;
  }
}
