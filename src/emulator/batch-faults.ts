import { type BatchEnding, type BatchRecord, withBatch, withStrike } from "./batch-record.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { FaultName, FaultOf } from "./faults.ts";
import type { BatchErrorObject } from "./wire.ts";

/** A batch that ends before all its requests are answered. */
export interface EarlyEnd {
  readonly ending: BatchEnding;
  /** How many requests are answered before. */
  readonly answered: number;
  readonly fault: FaultName;
}

/** What befalls one batch as a whole. */
export class BatchFaults {
  readonly #plan: FaultPlan;
  readonly #occasion: string;
  /** How the batch ends against its will. */
  readonly ending: FaultOf<"ending"> | undefined;

  constructor(plan: FaultPlan, ordinal: number) {
    this.#plan = plan;
    this.#occasion = `batch ${ordinal}`;
    this.ending = plan.pick(plan.namesOf("ending"), this.#occasion);
  }

  /** Where a batch of so many requests ends too early; at least one of them stays unanswered. */
  earlyEnd(total: number): EarlyEnd | undefined {
    const fault = this.ending;
    if (fault !== "batch_expires" && fault !== "batch_cancelled") return undefined;
    const answered = Math.floor(total * this.#plan.shareOf(fault, this.#occasion));
    return { ending: fault === "batch_expires" ? "expired" : "cancelled", answered, fault };
  }

  /** The record of a batch that has ended as it is told to clients. */
  misreport(record: BatchRecord): BatchRecord {
    return this.#withEmptyIds(this.#withLies(record));
  }

  #withLies(record: BatchRecord): BatchRecord {
    const { total, completed } = record.batch.request_counts;
    if (completed === total || !this.#plan.strikes("counts_lie", this.#occasion)) return record;
    const request_counts = { total, completed: total, failed: 0 };
    return withStrike(withBatch(record, { request_counts }), "counts_lie");
  }

  #withEmptyIds(record: BatchRecord): BatchRecord {
    const { output_file_id, error_file_id } = record.batch;
    const isWhole = output_file_id !== null && error_file_id !== null;
    if (isWhole || !this.#plan.strikes("empty_file_ids", this.#occasion)) return record;
    const ids = { output_file_id: output_file_id ?? "", error_file_id: error_file_id ?? "" };
    return withStrike(withBatch(record, ids), "empty_file_ids");
  }
}

/** What a batch fails with whose validation came to grief. */
export const VALIDATION_FAILED: BatchErrorObject = {
  code: "server_error",
  message: "The server had an error while processing your batch. Please try again.",
  param: null,
  line: null,
};
