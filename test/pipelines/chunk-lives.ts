import { ModeSwitch } from "../../src/core/mode-switch.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { TokenGate } from "../../src/core/token-gate.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { InputOrderRoom } from "../../src/ledger/waiting-room.ts";
import { type RunBatchOptions, runBatch } from "../../src/pipelines/run-batch.ts";
import { ChunkStage } from "../../src/stages/chunk.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { requestRow, type StageBench } from "../stages/support.ts";

export const ENQUEUED: BatchScript = {
  status: "failed",
  complaints: [{ code: "token_limit_exceeded", message: "Enqueued token limit reached. Limit: 100 enqueued tokens." }],
};

/** Takes rows through chunks and batches until all is settled. @returns the chunks in the order they were handed out */
export async function answerAll(
  bench: StageBench,
  rows: readonly RequestRow[],
  admission = bench.admission({ enqueuedTokens: 1_000 }),
) {
  const { ledger, run, counters, clock, log, signal, reask, patience } = bench;
  const waitingRoom = new InputOrderRoom(ledger, run);
  const chunkStage = new ChunkStage({
    ...{ ledger, run, counters, clock, log, signal, waitingRoom, reask, patience },
    ...{ provider: "fake", endpoint: bench.endpoint.path, model: "model-1" },
    limits: { requests: 1000, bytes: 1_000_000, tokens: 1_000, count: undefined },
    backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
  });
  const chunks: Chunk[] = [];
  try {
    for await (const chunk of chunkStage.chunks(once(rows))) {
      chunks.push(chunk);
      await runBatch(chunk, { ...lifeOf(bench), admission, chunkStage, onSettled: () => waitingRoom.notify() });
    }
  } finally {
    waitingRoom.dispose();
  }
  return chunks;
}

function lifeOf(bench: StageBench) {
  const { ledger, provider, endpoint, check, retries, counters, clock, log, signal } = bench;
  const { intervalMs, patience, keepRemote } = bench;
  const services = { ledger, provider, endpoint, check, retries, counters, clock, log, signal };
  const modeSwitch = new ModeSwitch(clock, Number.POSITIVE_INFINITY);
  const waits = { intervalMs, patience, waiting: patience, modeSwitch };
  return { ...services, ...waits, keepRemote, costOf: bench.costOf, transfers: new TokenGate(1) };
}

/** Remembers which chunks were left to a later run. */
class Watched extends ChunkStage {
  readonly parked: Chunk[] = [];

  override onParked(chunk: Chunk): void {
    this.parked.push(chunk);
    super.onParked(chunk);
  }
}

/** Lives one chunk as far as it comes. */
export async function liveOne(bench: StageBench, chunk: Chunk, given: Partial<RunBatchOptions> = {}) {
  const { ledger, run, counters, clock, log, signal, reask, patience } = bench;
  const chunkStage = new Watched({
    ...{ ledger, run, counters, clock, log, signal, reask, patience },
    ...{ provider: "fake", endpoint: bench.endpoint.path, model: "model-1" },
    waitingRoom: new InputOrderRoom(ledger, run),
    limits: { requests: 1000, bytes: 1_000_000, tokens: 1_000, count: undefined },
    backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
  });
  const admission = given.admission ?? bench.admission();
  const settled: Chunk[] = [];
  const onSettled = (one: Chunk) => void settled.push(one);
  await runBatch(chunk, { ...lifeOf(bench), admission, chunkStage, onSettled, ...given });
  return { parked: chunkStage.parked, settled, admission };
}

async function* once(rows: readonly RequestRow[]) {
  yield rows;
}

export function rowsOf(...texts: readonly string[]) {
  return texts.map((text, index) => requestRow(text, index + 1, 40));
}
