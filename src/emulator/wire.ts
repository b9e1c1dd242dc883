/**
 * What crosses the network: zod schemas for what comes in (and for what lies on disk), types for what goes out.
 * Field names are the API's own.
 */
import { z } from "zod";

/** The endpoints a batch may be for, and that can be called live. */
export const ENDPOINT_PATHS = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"] as const;
export type EndpointPath = (typeof ENDPOINT_PATHS)[number];

/** Purposes a client may upload a file for. */
export const UPLOAD_PURPOSES = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] as const;

/** The body of every answer that is not 200. */
export interface ErrorBody {
  readonly error: ErrorObject;
}

export interface ErrorObject {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

const lifetimeSeconds = z.number().int().min(3600).max(2_592_000);

/** `POST /v1/files`, the fields beside the file, as form data brings them: all strings. */
export const uploadFields = z.object({
  purpose: z.enum(UPLOAD_PURPOSES),
  "expires_after[anchor]": z.literal("created_at").optional(),
  "expires_after[seconds]": z.coerce.number().pipe(lifetimeSeconds).optional(),
});

/** `POST /v1/batches`. */
export const createBatchRequest = z.object({
  input_file_id: z.string(),
  endpoint: z.enum(ENDPOINT_PATHS),
  completion_window: z.enum(["24h"]),
  metadata: z.record(z.string(), z.string()).nullish(),
  output_expires_after: z.object({ anchor: z.literal("created_at"), seconds: lifetimeSeconds }).nullish(),
});
export type CreateBatchRequest = z.infer<typeof createBatchRequest>;

const pageLimit = (highest: number, usual: number) => z.coerce.number().int().min(1).max(highest).default(usual);

/** Query of `GET /v1/batches`. */
export const listBatchesQuery = z.object({ after: z.string().optional(), limit: pageLimit(100, 20) });

/** Query of `GET /v1/files`. */
export const listFilesQuery = z.object({
  after: z.string().optional(),
  limit: pageLimit(10_000, 10_000),
  order: z.enum(["asc", "desc"]).default("desc"),
  purpose: z.string().optional(),
});
export type ListFilesQuery = z.infer<typeof listFilesQuery>;

/** A file object; on disk as on the wire. */
export const fileObject = z.object({
  id: z.string(),
  object: z.literal("file"),
  bytes: z.number(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  filename: z.string(),
  purpose: z.string(),
  status: z.string(),
  status_details: z.null(),
});
export type FileObject = z.infer<typeof fileObject>;

const batchError = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
  line: z.number().nullable(),
});
/** One entry of a failed batch's `errors.data`. */
export type BatchErrorObject = z.infer<typeof batchError>;

const batchUsage = z.object({
  input_tokens: z.number(),
  input_tokens_details: z.object({ cached_tokens: z.number() }),
  output_tokens: z.number(),
  output_tokens_details: z.object({ reasoning_tokens: z.number() }),
  total_tokens: z.number(),
});
/** Tokens as the Responses and Batch APIs spell them. */
export type UsageObject = z.infer<typeof batchUsage>;

const timestamp = z.number().nullable();

/** A batch object; on disk as on the wire. Times are seconds since the Unix epoch. */
export const batchObject = z.object({
  id: z.string(),
  object: z.literal("batch"),
  endpoint: z.enum(ENDPOINT_PATHS),
  model: z.string().nullable(),
  errors: z.object({ object: z.literal("list"), data: z.array(batchError) }).nullable(),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: z.enum([
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled",
  ]),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  created_at: z.number(),
  in_progress_at: timestamp,
  expires_at: timestamp,
  finalizing_at: timestamp,
  completed_at: timestamp,
  failed_at: timestamp,
  expired_at: timestamp,
  cancelling_at: timestamp,
  cancelled_at: timestamp,
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
  usage: batchUsage,
  metadata: z.record(z.string(), z.string()).nullable(),
});
export type BatchObject = z.infer<typeof batchObject>;

/** A page of a list. */
export interface ListObject<T> {
  readonly object: "list";
  readonly data: readonly T[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const messageContent = z.union([z.string(), z.array(contentPart)]).nullish();
const message = z.looseObject({ role: z.string(), content: messageContent });
export type WireContent = z.infer<typeof messageContent>;

const outputLimit = z.number().int().min(1).nullish();

/** `POST /v1/chat/completions`: the fields the emulator looks at. */
export const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  n: z.number().int().min(1).max(128).nullish(),
  stream: z.boolean().nullish(),
  max_tokens: outputLimit,
  max_completion_tokens: outputLimit,
  response_format: z
    .looseObject({
      type: z.enum(["text", "json_object", "json_schema"]),
      json_schema: z.looseObject({ name: z.string(), schema: z.unknown() }).optional(),
    })
    .nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

const inputItem = z.looseObject({ role: z.string().optional(), content: messageContent });

/** `POST /v1/responses`: the fields the emulator looks at. */
export const responsesRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: outputLimit,
  text: z
    .looseObject({
      format: z
        .looseObject({ type: z.enum(["text", "json_object", "json_schema"]), name: z.string().optional() })
        .nullish(),
    })
    .nullish(),
});
export type ResponsesRequest = z.infer<typeof responsesRequest>;

const tokenIds = z.array(z.number().int().min(0)).min(1);

/** `POST /v1/embeddings`. */
export const embeddingsRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1), tokenIds, z.array(tokenIds).min(1)]),
  dimensions: z.number().int().min(1).max(8192).nullish(),
  encoding_format: z.enum(["float", "base64"]).nullish(),
});
export type EmbeddingsRequest = z.infer<typeof embeddingsRequest>;
