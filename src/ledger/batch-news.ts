import type { BatchNews } from "../core/batch-board.ts";
import type { Chunk } from "./ledger.ts";

/** A batch as its provider describes it. */
interface Described {
  readonly id: string;
  readonly status: string;
  readonly counts: { readonly completed: number; readonly failed: number };
}

/** What a look at a chunk's batch has shown. */
export function batchNews(chunk: Chunk, { id, status, counts }: Described): BatchNews {
  const { name, requests, tokens, submittedAt, changedAt } = chunk;
  const { completed, failed } = counts;
  return { name, batchId: id, status, requests, completed, failed, tokens, submittedAt: submittedAt ?? changedAt };
}
