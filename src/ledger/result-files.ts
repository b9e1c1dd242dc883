import type { Chunk } from "./ledger.ts";

/** Names of a chunk's result files below the ledger's `results/`. */
export function resultFileNames(chunk: Pick<Chunk, "name">): { readonly output: string; readonly errors: string } {
  return { output: `${chunk.name}.output.jsonl`, errors: `${chunk.name}.errors.jsonl` };
}
