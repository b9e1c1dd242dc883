import { InternalError } from "../core/errors.ts";
import { type Columns, numberIn, optionalNumberIn, optionalTextIn, textIn } from "./columns.ts";
import { CHUNK_STATES, type Chunk, type ChunkState } from "./ledger.ts";

/** A chunk, as its row of the table says. */
export function chunkOf(columns: Columns): Chunk {
  return {
    id: numberIn(columns, "id"),
    runId: numberIn(columns, "run"),
    name: textIn(columns, "name"),
    provider: textIn(columns, "provider"),
    endpoint: textIn(columns, "endpoint"),
    model: textIn(columns, "model"),
    mode: textIn(columns, "mode") === "live" ? "live" : "batch",
    requests: numberIn(columns, "requests"),
    bytes: numberIn(columns, "bytes"),
    tokens: numberIn(columns, "tokens"),
    state: stateOf(textIn(columns, "state")),
    fileId: optionalTextIn(columns, "file_id"),
    batchId: optionalTextIn(columns, "batch_id"),
    batchStatus: optionalTextIn(columns, "batch_status"),
    outputFileId: optionalTextIn(columns, "output_file_id"),
    errorFileId: optionalTextIn(columns, "error_file_id"),
    createdAt: numberIn(columns, "created_at"),
    changedAt: numberIn(columns, "changed_at"),
    submittedAt: optionalNumberIn(columns, "submitted_at"),
    times: {
      inProgressAt: optionalNumberIn(columns, "in_progress_at"),
      finalizingAt: optionalNumberIn(columns, "finalizing_at"),
      endedAt: optionalNumberIn(columns, "batch_ended_at"),
    },
    completed: numberIn(columns, "completed"),
    failed: numberIn(columns, "failed"),
    cleanedAt: optionalNumberIn(columns, "cleaned_at"),
  };
}

function stateOf(text: string): ChunkState {
  const state = CHUNK_STATES.find((candidate) => candidate === text);
  if (state === undefined) throw new InternalError(`the ledger holds a chunk in the unknown state ${text}`);
  return state;
}
