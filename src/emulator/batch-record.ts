import { z } from "zod";
import { usageOf } from "./usage.ts";
import { type BatchErrorObject, type BatchObject, batchObject, type CreateBatchRequest } from "./wire.ts";

const ENDINGS = ["completed", "expired", "cancelled"] as const;
/** How a batch that was accepted ends. */
export type BatchEnding = (typeof ENDINGS)[number];

/**
 * A batch on disk: the object that clients see, and beside it how far the work on it has come. A worker that takes
 * over cuts the two result files back to the sizes here and goes on with request number `answered`.
 */
export const batchRecord = z.object({
  batch: batchObject,
  work: z.object({
    createdMs: z.number(),
    expiresMs: z.number(),
    /** Chosen before the first line is written, so that every worker writes to the same files. */
    outputFileId: z.string(),
    errorFileId: z.string(),
    outputLifetimeSeconds: z.number(),
    /** Requests dealt with, in order of execution. */
    answered: z.number(),
    outputBytes: z.number(),
    errorBytes: z.number(),
    /** Set when the last request to be answered was: what is left is only to be written down. */
    ending: z.enum(ENDINGS).nullable(),
  }),
});
export type BatchRecord = z.infer<typeof batchRecord>;

export interface NewBatch {
  readonly id: string;
  readonly request: CreateBatchRequest;
  readonly createdMs: number;
  readonly windowSeconds: number;
  readonly outputFileId: string;
  readonly errorFileId: string;
  readonly outputLifetimeSeconds: number;
}

/** The record of a batch that was just accepted. */
export function newBatchRecord(created: NewBatch): BatchRecord {
  const { id, request, createdMs, windowSeconds, outputFileId, errorFileId, outputLifetimeSeconds } = created;
  const expiresMs = createdMs + windowSeconds * 1000;
  const batch: BatchObject = {
    id,
    object: "batch",
    endpoint: request.endpoint,
    model: null,
    errors: null,
    input_file_id: request.input_file_id,
    completion_window: request.completion_window,
    status: "validating",
    output_file_id: null,
    error_file_id: null,
    created_at: toSeconds(createdMs),
    in_progress_at: null,
    expires_at: toSeconds(expiresMs),
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    usage: usageOf(0, 0),
    metadata: request.metadata ?? null,
  };
  const progress = { answered: 0, outputBytes: 0, errorBytes: 0, ending: null };
  return { batch, work: { createdMs, expiresMs, outputFileId, errorFileId, outputLifetimeSeconds, ...progress } };
}

/** Whether a batch has come to its end. */
export function isTerminal(batch: BatchObject): boolean {
  return ["completed", "failed", "expired", "cancelled"].includes(batch.status);
}

/** The record with some of the batch's fields changed. */
export function withBatch(record: BatchRecord, changes: Partial<BatchObject>): BatchRecord {
  return { ...record, batch: { ...record.batch, ...changes } };
}

/** The record of a batch whose input was refused. */
export function failedRecord(record: BatchRecord, errors: readonly BatchErrorObject[], nowMs: number): BatchRecord {
  const list = { object: "list" as const, data: [...errors] };
  return withBatch(record, { status: "failed", failed_at: toSeconds(nowMs), errors: list });
}

/** Whole seconds, as the API gives times. */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
