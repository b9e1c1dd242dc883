import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { chain } from "stream-chain";
import { forEachConcurrent } from "../core/concurrency.ts";
import type { AnsweredRow, RequestRow, Row } from "../core/records.ts";
import { counted } from "../core/stage-flow.ts";
import { RENEW_EVERY_MS } from "../ledger/lease.ts";
import type { Ledger, Run } from "../ledger/ledger.ts";
import type { SettledRow, WaitingRoom } from "../ledger/waiting-room.ts";
import { type ChunkOptions, ChunkStage } from "../stages/chunk.ts";
import { cleanLeftovers } from "../stages/clean.ts";
import { tellUsage } from "../stages/tell.ts";
import { type ChunkLifeOptions, liveChunk } from "./chunk-life.ts";
import { countedChunks } from "./counted-chunks.ts";

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
  readonly life: Omit<ChunkLifeOptions, "ledger" | "chunkStage" | "onSettled" | "signal" | "patience">;
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
  const { ledger, run, waitingRoom, stop, signal, maxBatches: limit } = options;
  const chunkStage = new ChunkStage({ ...options.chunk, ledger, run, waitingRoom, signal });
  const onSettled = () => {
    waitingRoom.notify();
    tellUsage(ledger);
  };
  const { patience } = options.chunk;
  const life = { ...options.life, ledger, chunkStage, onSettled, patience, signal };
  const { counters } = options.chunk;
  const build = counted(counters.stage("build"), options.build, isAsked);
  const count = counted(counters.stage("count"), options.count, isAsked);
  const steps: Duplex = chain([options.guard, build, count], { ...ONE_ARRAY_AT_A_TIME });
  await pipeline(
    Readable.from(options.rows, { highWaterMark: 1 }),
    steps,
    (requests: AsyncIterable<readonly RequestRow[]>) =>
      forEachConcurrent(
        countedChunks(counters, (rows) => chunkStage.chunks(rows), requests),
        { limit, stop },
        (chunk) => liveChunk(chunk, life),
      ),
    { signal },
  );
  waitingRoom.end();
  // What a killed run has settled and not told of, too.
  tellUsage(ledger);
  await cleanLeftovers(life);
}

async function answer({ waitingRoom, merge, write, signal, chunk }: AnswerRowsOptions): Promise<void> {
  const countedMerge = counted(chunk.counters.stage("merge"), merge);
  await write(mapArrays(waitingRoom.settled(signal), countedMerge));
}

function isAsked(row: RequestRow): boolean {
  return "request" in row;
}

/** Arrays are already bundles of rows; streams need hold no more than one. */
const ONE_ARRAY_AT_A_TIME = { writableHighWaterMark: 1, readableHighWaterMark: 1 };

async function* mapArrays<In, Out>(source: AsyncIterable<readonly In[]>, step: Step<In, Out>) {
  for await (const items of source) yield step(items);
}
