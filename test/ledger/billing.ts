import type { Billed } from "../../src/ledger/accounts.ts";
import type { Chunk, NewChunk, RecordedOutcome, Run } from "../../src/ledger/ledger.ts";
import { INVALID, type LedgerBench, RETRIES } from "./harness.ts";

/** Refused for want of budget. */
export const OVER = { code: "budget_exceeded", message: "not asked" } as const;
export const BROKEN = { code: "server_error", message: "500" } as const;
export const REFUSED = { code: "refused", message: "no" } as const;

/** What a reply was billed with; 10 tokens in and 2 out unless said otherwise. */
export function billed(cost: bigint | undefined, usage: Partial<Billed["usage"]> = {}): Billed {
  return { usage: { input: 10, cached: 0, output: 2, reasoning: 0, ...usage }, cost };
}

/** A chunk of requests that are claimed for it, with its results on this disk. */
export function fetched(bench: LedgerBench, run: Run, keys: readonly string[], given: Partial<NewChunk> = {}): Chunk {
  return bench.moveTo(submitted(bench, run, keys, given), "fetched");
}

/** The same while its batch is at the provider. */
export function submitted(bench: LedgerBench, run: Run, keys: readonly string[], given: Partial<NewChunk> = {}): Chunk {
  bench.ledger.claim(keys, run);
  const requests = keys.map((key) => ({ key }));
  const chunk = bench.moveTo(bench.sealAs(run, requests, given), "creating");
  return bench.ledger.advance(chunk.id, "submitted", { batchId: `batch-of-${chunk.name}` });
}

/** Files outcomes of a chunk. @returns whether they counted */
export function record(bench: LedgerBench, chunk: Chunk, ...outcomes: readonly RecordedOutcome[]): readonly boolean[] {
  return bench.ledger.record(chunk.id, outcomes, RETRIES);
}

export function answer(bench: LedgerBench, chunk: Chunk, key: string, bill?: Billed): RecordedOutcome {
  return { key, kind: "answered", result: bench.newResult(chunk), ...(bill && { billed: bill }) };
}

export function refusal(key: string, bill?: Billed): RecordedOutcome {
  return { key, kind: "failed", failure: REFUSED, ...(bill && { billed: bill }) };
}

export function broken(key: string): RecordedOutcome {
  return { key, kind: "retry", failure: BROKEN };
}

/** A reply that was billed and is no valid answer. */
export function invalid(bench: LedgerBench, chunk: Chunk, key: string, bill: Billed): RecordedOutcome {
  const reply = { result: bench.newResult(chunk), reason: "no grade" };
  return { key, kind: "retry", failure: INVALID, reply, billed: bill };
}

/** Asks, is billed so much for each, and settles. */
export function spend(
  bench: LedgerBench,
  run: Run,
  bills: Readonly<Record<string, Billed>>,
  given?: Partial<NewChunk>,
) {
  const chunk = fetched(bench, run, Object.keys(bills), given);
  record(bench, chunk, ...Object.entries(bills).map(([key, bill]) => answer(bench, chunk, key, bill)));
  return bench.settle(chunk);
}

/** Hands over what there is to tell. @returns names of chunks */
export function tellAll(ledger: LedgerBench["ledger"], limit = 100): readonly string[] {
  const names: string[] = [];
  while (ledger.tell(limit, (accounts) => names.push(...accounts.map(({ chunk }) => chunk.name))) > 0);
  return names;
}
