import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Chunk } from "./ledger.ts";

/** Names of a chunk's result files below the ledger's `results/`. */
export function resultFileNames(chunk: Pick<Chunk, "name">): { readonly output: string; readonly errors: string } {
  return { output: `${chunk.name}.output.jsonl`, errors: `${chunk.name}.errors.jsonl` };
}

/** Whether the files that the provider has for the chunk are all on this disk. */
export function hasResultFiles(ledgerDirectory: string, chunk: Chunk): boolean {
  const names = resultFileNames(chunk);
  const isThere = (name: string) => existsSync(join(ledgerDirectory, "results", name));
  return (
    (chunk.outputFileId === null || isThere(names.output)) && (chunk.errorFileId === null || isThere(names.errors))
  );
}
