import { z } from "zod";
import type { StrikeName } from "./faults.ts";
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
    /** How many batches were made on the directory before it: what its faults are drawn by. */
    ordinal: z.number().default(0),
    /** Until then neither lists nor look-ups find it. */
    visibleMs: z.number().default(0),
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
    /** Prompt tokens, where their number is limited; 0 until they are counted. */
    enqueuedTokens: z.number().default(0),
    /** How often faults struck it, by name. */
    strikes: z.record(z.string(), z.number()).default({}),
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
  readonly ordinal: number;
  /** How long neither lists nor look-ups find it. */
  readonly lagMs: number;
}

/** The record of a batch that was just accepted. */
export function newBatchRecord(created: NewBatch): BatchRecord {
  const { createdMs, outputFileId, errorFileId, outputLifetimeSeconds, ordinal, lagMs } = created;
  const expiresMs = createdMs + created.windowSeconds * 1000;
  const plan = { createdMs, expiresMs, outputFileId, errorFileId, outputLifetimeSeconds, ordinal };
  const progress = { answered: 0, outputBytes: 0, errorBytes: 0, ending: null, enqueuedTokens: 0, strikes: {} };
  const record: BatchRecord = {
    batch: newBatchObject(created, expiresMs),
    work: { ...plan, visibleMs: createdMs + lagMs, ...progress },
  };
  return lagMs > 0 ? withStrike(record, "lag") : record;
}

function newBatchObject({ id, request, createdMs }: NewBatch, expiresMs: number): BatchObject {
  return {
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
}

/** Whether a batch has come to its end. */
export function isTerminal(batch: BatchObject): boolean {
  return ["completed", "failed", "expired", "cancelled"].includes(batch.status);
}

/** The record with some of the batch's fields changed. */
export function withBatch(record: BatchRecord, changes: Partial<BatchObject>): BatchRecord {
  return { ...record, batch: { ...record.batch, ...changes } };
}

/** The record with one more strike of a fault. */
export function withStrike({ batch, work }: BatchRecord, name: StrikeName): BatchRecord {
  const strikes = { ...work.strikes, [name]: (work.strikes[name] ?? 0) + 1 };
  return { batch, work: { ...work, strikes } };
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
