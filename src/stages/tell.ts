import { closeSync, fsyncSync, openSync, readSync, statSync, truncateSync, writeSync } from "node:fs";
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
const EVENT_START = '{"timestamp":';
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
  try {
    const tail = mendTail(path);
    const news = accounts.filter(({ chunk }) => !tail.includes(`"chunk_id":${JSON.stringify(chunk.name)}`));
    if (news.length === 0) return;
    const lines = news.map((account) => `${usageEvent(account)}\n`).join("");
    durableStep("usage.write", () => writeDurably(path, lines));
  } catch (error) {
    throw new OutputError("cannotWrite", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again.",
      cause: error,
    });
  }
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
    mode: chunk.mode,
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

/** The last lines of the file. One that a crash or a full disk has cut off is taken away: its chunk comes again. */
function mendTail(path: string): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const tail = readTail(path, size);
  const last = tail.slice(tail.lastIndexOf("\n") + 1);
  if (last === "") return tail;
  if (isWhole(last)) {
    writeDurably(path, "\n");
    return tail;
  }
  truncateSync(path, size - last.length);
  return tail.slice(0, -last.length);
}

function readTail(path: string, size: number): string {
  if (size === 0) return "";
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("latin1");
  } finally {
    closeSync(descriptor);
  }
}

/** What somebody else has put there is left alone. */
function isWhole(line: string): boolean {
  const isOurs = line.startsWith(EVENT_START) || EVENT_START.startsWith(line);
  return !isOurs || isJson(line);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
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
