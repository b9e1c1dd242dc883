import { z } from "zod";
import { BATCH_STATUSES, type Batch, type BatchError, type BatchStatus, type BatchTimes } from "../provider.ts";

/*
 * What comes over the wire, read leniently: fields that only matter sometimes may be missing, null or empty, as the
 * documented examples and real answers have them.
 */

const optionalId = z
  .string()
  .nullish()
  .transform((id) => (id ? id : undefined));

/** Seconds since the epoch; some providers send an ISO date. */
const timestamp = z
  .union([z.number(), z.string().transform((text) => Math.floor(Date.parse(text) / 1000))])
  .nullish()
  .transform((seconds) => (typeof seconds === "number" && Number.isFinite(seconds) ? seconds : 0));

const batchError = z.object({
  code: z.string().nullish(),
  message: z.string().nullish(),
  line: z.number().nullish(),
  param: z.string().nullish(),
});

/** OpenAI wraps the list in an object; Groq sends it bare. */
const batchErrors = z
  .union([z.array(batchError), z.object({ data: z.array(batchError).nullish() }).transform(({ data }) => data ?? [])])
  .nullish()
  .transform((errors) => errors ?? []);

const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

const batchSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  input_file_id: z.string().nullish(),
  output_file_id: optionalId,
  error_file_id: optionalId,
  errors: batchErrors,
  created_at: timestamp,
  request_counts: z.object({ total: count, completed: count, failed: count }).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  in_progress_at: timestamp,
  finalizing_at: timestamp,
  completed_at: timestamp,
  failed_at: timestamp,
  expired_at: timestamp,
  cancelled_at: timestamp,
});

/** Reads a batch object. @throws {z.ZodError} when it is none */
export function parseBatch(value: unknown): Batch {
  const wire = batchSchema.parse(value);
  return {
    id: wire.id,
    status: statusOf(wire.status),
    inputFileId: wire.input_file_id ?? "",
    ...(wire.output_file_id === undefined ? {} : { outputFileId: wire.output_file_id }),
    ...(wire.error_file_id === undefined ? {} : { errorFileId: wire.error_file_id }),
    errors: wire.errors.map(readBatchError),
    createdAt: wire.created_at,
    counts: wire.request_counts ?? { total: 0, completed: 0, failed: 0 },
    metadata: Object.fromEntries(Object.entries(wire.metadata ?? {}).map(([key, text]) => [key, String(text)])),
    times: timesOf(wire),
  };
}

function timesOf(wire: z.infer<typeof batchSchema>): BatchTimes {
  const { in_progress_at: inProgress, finalizing_at: finalizing } = wire;
  const ended = wire.completed_at || wire.failed_at || wire.expired_at || wire.cancelled_at;
  const ms = (seconds: number) => (seconds === 0 ? null : seconds * 1000);
  return { inProgressAt: ms(inProgress), finalizingAt: ms(finalizing), endedAt: ms(ended) };
}

/**
 * Reads what an answer to a failed create says about the lines of the input file, as Azure gives it: a list of batch
 * errors, or an object with one under `errors`.
 *
 * @param value The body, or what it has under `error`.
 * @returns nothing for any other value
 */
export function parseBatchErrors(value: unknown): readonly BatchError[] {
  const listed = z.object({ errors: z.unknown() }).safeParse(value);
  const parsed = batchErrors.safeParse(listed.data?.errors ?? value);
  return parsed.success ? parsed.data.filter(({ code, message }) => code || message).map(readBatchError) : [];
}

function readBatchError({ code, message, line, param }: z.infer<typeof batchError>): BatchError {
  return {
    code: code ?? "unknown",
    message: message ?? "",
    ...(line ? { line } : {}),
    ...(param ? { param } : {}),
  };
}

/** Azure capitalises; "canceled" is seen with one l. An unknown status is one to wait on. */
function statusOf(text: string): BatchStatus {
  const spelled = text.toLowerCase().replace("canceled", "cancelled").replace("canceling", "cancelling");
  return BATCH_STATUSES.find((status) => status === spelled) ?? "in_progress";
}

const pageSchema = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
  paging: z.object({ next_cursor: z.string().nullish() }).nullish(),
});

/** One page of a list, and how to ask for the next. */
export interface Page {
  readonly data: readonly unknown[];
  readonly next: Readonly<Record<string, string>> | undefined;
}

/** Reads a page of a list: OpenAI pages by `after`, Groq by `cursor`. @throws {z.ZodError} when it is none */
export function parsePage(value: unknown): Page {
  const page = pageSchema.parse(value);
  if (page.paging?.next_cursor) return { data: page.data, next: { cursor: page.paging.next_cursor } };
  const lastId = page.last_id ?? idOf(page.data.at(-1));
  return { data: page.data, next: page.has_more && lastId !== undefined ? { after: lastId } : undefined };
}

const fileSchema = z.object({
  id: z.string().min(1),
  filename: z.string().nullish(),
  bytes: z.number().nullish(),
  created_at: timestamp,
  status: z.string().nullish(),
  status_details: z.string().nullish(),
});

/** Whether a file can be used: Azure looks at an upload before it can, OpenAI says `processed` at once or nothing. */
export type FileState = "ready" | "pending" | "refused";

export interface RemoteFile {
  readonly id: string;
  readonly name: string;
  /** Size in bytes, where the provider tells. */
  readonly bytes: number | undefined;
  readonly createdAt: number;
  readonly state: FileState;
  /** The provider's own word for the state, and why, where it says so. */
  readonly status: string;
}

/** Reads a file object. @throws {z.ZodError} when it is none */
export function parseFile(value: unknown): RemoteFile {
  const { id, filename, bytes, created_at, status, status_details: details } = fileSchema.parse(value);
  return {
    id,
    name: filename ?? "",
    bytes: bytes ?? undefined,
    createdAt: created_at,
    state: fileStateOf(status ?? "processed"),
    status: [status, details].filter(Boolean).join(": "),
  };
}

/** Looks at the answer to a deletion, which may be empty. @throws {z.ZodError} when it is a page */
export function checkDeletion(value: unknown): void {
  z.looseObject({}).nullish().parse(value);
}

function fileStateOf(status: string): FileState {
  return FILE_STATES[status.toLowerCase()] ?? "pending";
}

const FILE_STATES: Readonly<Record<string, FileState>> = {
  processed: "ready",
  succeeded: "ready",
  error: "refused",
  failed: "refused",
  deleting: "refused",
  deleted: "refused",
};

function idOf(value: unknown): string | undefined {
  const parsed = z.object({ id: z.string() }).safeParse(value);
  return parsed.success ? parsed.data.id : undefined;
}
