import { expect } from "vitest";
import type { LedgerBench } from "./harness.ts";
import { KEYS, type LedgerModel, type ModelChunk, type ModelRequest } from "./model.ts";

const EVERYBODY = { freshSince: 0 };

/** Compares all that the ledger tells with what the model knows. */
export function expectSame(model: LedgerModel, { ledger }: LedgerBench): void {
  const requests = KEYS.map((key) => model.request(key));
  expect(ledger.outcomes(KEYS, EVERYBODY)).toEqual(requests.map(stateOf));
  for (const chunk of model.chunks) {
    expect(ledger.chunk(chunk.id)).toMatchObject({ state: chunk.state, runId: chunk.run });
    // The code is for people: the model leaves it out.
    const unasked = ledger.unasked(chunk.id, -1, KEYS.length).map(({ code: _, ...request }) => request);
    expect(unasked).toEqual(unaskedOf(model, chunk));
  }
}

function stateOf({ state, run, chunk, attempts, result }: ModelRequest): unknown {
  if (state === "none") return { kind: "unknown" };
  if (state === "answered") return { kind: "answered", attempts, result };
  if (state === "claimed") return { kind: "pending", runId: run, chunkId: undefined };
  if (state === "asked" || state === "unasked") return { kind: "pending", runId: run, chunkId: chunk };
  const failure = { code: expect.any(String), message: expect.any(String) };
  return { kind: "failed", attempts, chunkId: chunk, failure, ...(result === undefined ? {} : { result }) };
}

/** In the order of the lines. */
function unaskedOf(model: LedgerModel, chunk: ModelChunk): readonly unknown[] {
  return chunk.requests.flatMap(({ key, sentKey }, index) => {
    const { state, chunk: id, attempts, reply } = model.request(key);
    if (state !== "unasked" || id !== chunk.id) return [];
    const line = { key, offset: index * 10, length: 9, tokens: 1, origin: `in.jsonl:${index + 1}` };
    const replied = reply === undefined ? {} : { reply: { result: reply, reason: "no" } };
    return [{ ...line, attempts, isReask: sentKey !== undefined, ...replied }];
  });
}
