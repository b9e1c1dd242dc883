import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { messageOf, OutputError } from "../core/errors.ts";
import { durableStep } from "../core/failpoints.ts";
import type { ChunkAccount } from "../ledger/accounts.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { usdInJson } from "../pricing/usd-json.ts";

/** The file of usage events in the state directory. */
export function usagePath(stateDirectory: string): string {
  return join(stateDirectory, "usage.jsonl");
}

const CHUNKS_AT_A_TIME = 100;
/** A line that was written before a crash, and not noted, is among the last ones. */
const TAIL_BYTES = 1 << 18;

/**
 * The tell stage: a line in the file of usage events for each settled chunk that has none yet, of any run. The file is
 * for other programs to read; bg-pipe's own figures come from the ledger.
 *
 * @throws {OutputError} when the file cannot be written
 */
export function tellUsage(ledger: Ledger): void {
  const path = usagePath(ledger.directory);
  let told = CHUNKS_AT_A_TIME;
  while (told === CHUNKS_AT_A_TIME) told = ledger.tell(CHUNKS_AT_A_TIME, (accounts) => addTo(path, accounts));
}

function addTo(path: string, accounts: readonly ChunkAccount[]): void {
  const tail = readTail(path);
  const news = accounts.filter(({ chunk }) => !tail.includes(`"chunk_id":${JSON.stringify(chunk.name)}`));
  append(path, news.map(usageEvent), tail);
}

/** A line of the file, without its newline. */
function usageEvent({ chunk, spent, settledAt, apiKeyId }: ChunkAccount): string {
  const { input, cached, output, reasoning } = spent.usage;
  return JSON.stringify({
    timestamp: new Date(settledAt).toISOString(),
    run_id: chunk.runId,
    chunk_id: chunk.name,
    batch_id: chunk.batchId,
    provider: chunk.provider,
    model: chunk.model,
    mode: "batch",
    api_key_id: apiKeyId ?? null,
    requests: spent.requests,
    input_tokens: input,
    cached_tokens: cached,
    output_tokens: output,
    reasoning_tokens: reasoning,
    total_tokens: input + output,
    cost_usd: usdInJson(spent.unpriced > 0 ? undefined : spent.cost),
    estimated_cost_usd: usdInJson(spent.estimatedCost),
  });
}

function readTail(path: string): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return "";
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString();
  } finally {
    closeSync(descriptor);
  }
}

/** In one write, behind a line that a crash may have cut off. */
function append(path: string, lines: readonly string[], tail: string): void {
  if (lines.length === 0) return;
  const start = tail === "" || tail.endsWith("\n") ? "" : "\n";
  try {
    durableStep("usage.write", () => writeDurably(path, `${start}${lines.join("\n")}\n`));
  } catch (error) {
    throw new OutputError("cannotWrite", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again.",
      cause: error,
    });
  }
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, "a");
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
