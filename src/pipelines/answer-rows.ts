import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { chain } from "stream-chain";
import { forEachConcurrent } from "../core/concurrency.ts";
import type { AnsweredRow, RequestRow, Row } from "../core/records.ts";
import { counted } from "../core/stage-flow.ts";
import { RENEW_EVERY_MS } from "../ledger/lease.ts";
import type { Chunk, Ledger, Run } from "../ledger/ledger.ts";
import type { SettledRow, WaitingRoom } from "../ledger/waiting-room.ts";
import { type ChunkOptions, ChunkStage } from "../stages/chunk.ts";
import { cleanLeftovers } from "../stages/clean.ts";
import { tellUsage } from "../stages/tell.ts";
import { countedChunks } from "./counted-chunks.ts";
import type { LiveOptions } from "./live-asking.ts";
import { type RunBatchOptions, runBatch } from "./run-batch.ts";
import { runLive } from "./run-live.ts";

/** A step that maps an array of items to an array of items. */
export type Step<In, Out> = (items: readonly In[]) => readonly Out[];

export interface AnswerRowsOptions {
  readonly ledger: Ledger;
  readonly run: Run;
  readonly waitingRoom: WaitingRoom;
  /** Rows in. */
  readonly rows: AsyncIterable<readonly Row[]>;
  /** guard, build and count. */
  readonly guard: Step<Row, Row>;
  readonly build: Step<Row, RequestRow>;
  readonly count: Step<RequestRow, RequestRow>;
  readonly chunk: Omit<ChunkOptions, "ledger" | "run" | "waitingRoom" | "signal">;
  /** How chunks are taken through batches, and how they are asked live. */
  readonly batch: Omit<RunBatchOptions, "chunkStage" | "onSettled" | "signal">;
  /** What is different for some batches; nothing when undefined. */
  readonly batchFor?: (chunk: Chunk) => Partial<Pick<RunBatchOptions, "admission" | "costOf" | "checksOf">>;
  readonly live: LiveOptions;
  readonly maxBatches: number;
  readonly merge: Step<SettledRow, AnsweredRow>;
  /** Takes the rows out. */
  readonly write: (rows: AsyncIterable<readonly AnsweredRow[]>) => Promise<void>;
  /** Stops the run from within, at its first failure. */
  readonly stop: AbortController;
  /** Aborts with `stop`, or from outside. Rows and provider heed it, too. */
  readonly signal: AbortSignal;
}

/**
 * The middle of every batch pipeline, in two halves that meet in the waiting room:
 *
 *     rows → guard → build → count → chunk → submit → poll → fetch → settle
 *                                      └ waiting room → merge → write
 *
 * The first half pulls rows only while a batch may be added, so what limits the batches limits the reading. A
 * failure of either half ends both.
 */
export async function answerRows(options: AnswerRowsOptions): Promise<void> {
  const { stop, signal, waitingRoom } = options;
  const renewal = setInterval(() => renewLease(options), RENEW_EVERY_MS);
  const halves = [ask(options), answer(options)];
  try {
    await Promise.all(halves);
  } catch (error) {
    // Streams that are aborted fail with an error of their own; the reason says why.
    const reason = signal.aborted ? signal.reason : error;
    stop.abort(reason);
    await Promise.allSettled(halves);
    throw reason;
  } finally {
    clearInterval(renewal);
    waitingRoom.dispose();
  }
}

/** A ledger that cannot be written now may be in a moment; if not, the next step of the run will tell. */
function renewLease({ ledger, run, chunk: { log } }: AnswerRowsOptions): void {
  try {
    ledger.renewRun(run.id);
  } catch (error) {
    log.warn("the lease of this run could not be renewed", {
      event: "run.lease_not_renewed",
      error: String(error),
    });
  }
}

async function ask(options: AnswerRowsOptions): Promise<void> {
  const { ledger, run, waitingRoom, stop, signal, maxBatches } = options;
  const chunkStage = new ChunkStage({ ...options.chunk, ledger, run, waitingRoom, signal });
  const onSettled = () => {
    waitingRoom.notify();
    tellUsage(ledger);
  };
  const batch = { ...options.batch, chunkStage, onSettled, signal };
  const live = { ...options.live, chunkStage, onSettled, onFiled: () => waitingRoom.notify(), signal };
  const { readAhead, isLive } = live;
  const work = (chunk: Chunk) =>
    chunk.mode === "live" ? runLive(chunk, live) : runBatch(chunk, { ...batch, ...options.batchFor?.(chunk) });
  const limit = () => (isLive() ? Number.POSITIVE_INFINITY : maxBatches);
  const { counters } = options.chunk;
  const build = counted(counters.stage("build"), options.build, isAsked);
  const count = counted(counters.stage("count"), options.count, isAsked);
  const steps: Duplex = chain([options.guard, build, count], { ...ONE_ARRAY_AT_A_TIME });
  await pipeline(
    Readable.from(options.rows, { highWaterMark: 1 }),
    steps,
    (requests: AsyncIterable<readonly RequestRow[]>) =>
      forEachConcurrent(
        readAhead.pull(
          countedChunks(counters, (rows) => chunkStage.chunks(rows), requests),
          signal,
        ),
        { limit, stop },
        work,
      ),
    { signal },
  );
  waitingRoom.end();
  // What a killed run has settled and not told of, too.
  tellUsage(ledger);
  await cleanLeftovers(batch);
}

async function answer({ waitingRoom, merge, write, live, signal, chunk }: AnswerRowsOptions): Promise<void> {
  const countedMerge = counted(chunk.counters.stage("merge"), merge);
  await write(mapArrays(live.readAhead.watch(waitingRoom.settled(signal)), countedMerge));
}

function isAsked(row: RequestRow): boolean {
  return "request" in row;
}

/** Arrays are already bundles of rows; streams need hold no more than one. */
const ONE_ARRAY_AT_A_TIME = { writableHighWaterMark: 1, readableHighWaterMark: 1 };

async function* mapArrays<In, Out>(source: AsyncIterable<readonly In[]>, step: Step<In, Out>) {
  for await (const items of source) yield step(items);
}
