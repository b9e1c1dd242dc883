import { InternalError } from "../core/errors.ts";
import type { ChunkState } from "./ledger.ts";

/** The legal moves of a chunk. A move to the same state is legal everywhere: it only adds facts. */
const MOVES: Readonly<Record<ChunkState, readonly ChunkState[]>> = {
  sealed: ["uploading", "asking", "settled"],
  asking: ["settled"],
  // Back to sealed: the upload is known not to have happened.
  uploading: ["uploaded", "sealed", "settled"],
  // Back to sealed: the provider has lost the file.
  uploaded: ["creating", "sealed", "settled"],
  // Back to uploaded: the batch is known not to have been created.
  creating: ["submitted", "uploaded", "settled"],
  submitted: ["ended"],
  // Back to uploaded: the provider turned the batch away for now (enqueued tokens), the same file is sent in again.
  ended: ["fetched", "uploaded", "sealed", "settled"],
  fetched: ["settled"],
  settled: [],
};

/** @throws {InternalError} when a chunk in state `from` cannot go to `to` */
export function checkMove(name: string, from: ChunkState, to: ChunkState): void {
  if (from === to || MOVES[from].includes(to)) return;
  throw new InternalError(`chunk ${name} cannot go from ${from} to ${to}`);
}
