import { onTestFinished } from "vitest";
import type { AnsweredRow, GoodRow, Row } from "../../src/core/records.ts";
import { TokenGate } from "../../src/core/token-gate.ts";
import type { AnswerCheck } from "../../src/core/verdicts.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { InputOrderRoom, type WaitingRoom } from "../../src/ledger/waiting-room.ts";
import { type AnswerRowsOptions, answerRows } from "../../src/pipelines/answer-rows.ts";
import type { AdmissionLimits } from "../../src/stages/admit.ts";
import { createMerge } from "../../src/stages/merge.ts";
import { createReask } from "../../src/stages/reask.ts";
import { goodRow, requestFor, type StageBench } from "../stages/support.ts";
import { words } from "../stages/words.ts";
import { eventually } from "../support/virtual-clock.ts";
import { neverLive, waitsOf } from "./batch-only.ts";

/** Rows one by one, and how many were read. */
export class Source {
  readonly #rows: readonly Row[];
  read = 0;
  isClosed = false;
  failAt = Number.POSITIVE_INFINITY;

  constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Row[]> {
    try {
      for (const row of this.#rows) {
        if (this.read === this.failAt) throw new Error("the reader failed");
        this.read++;
        yield [row];
      }
    } finally {
      this.isClosed = true;
    }
  }
}

export interface Given extends Partial<AnswerRowsOptions> {
  /** What the provider is given at a time; without limits when undefined. */
  readonly admit?: Partial<AdmissionLimits>;
  /** Whether an answer is what was asked for. */
  readonly check?: AnswerCheck;
  /** The most bytes of a line that is asked again with a reason. */
  readonly lineBytes?: number;
  readonly room?: new (...args: ConstructorParameters<typeof InputOrderRoom>) => WaitingRoom;
}

export function answering(bench: StageBench, rows: AsyncIterable<readonly Row[]>, given: Given = {}) {
  const { ledger, run, provider, endpoint, retries, counters, clock, log, signal, intervalMs } = bench;
  const { patience, keepRemote } = bench;
  const { room: Room = InputOrderRoom, admit = {}, check, lineBytes: bytes = 1_000_000, ...options } = given;
  const results = new ResultReader(ledger);
  onTestFinished(() => results.close());
  const limits = { bytes, tokens: 1_000_000 };
  const reask = createReask({ endpoint, provider: provider.identity, tokenizer: words, results, limits });
  const written: AnsweredRow[] = [];
  const write = async (arrays: AsyncIterable<readonly AnsweredRow[]>) => {
    for await (const some of arrays) written.push(...some);
  };
  const work = answerRows({
    ...{ ledger, run, rows, write, signal, stop: bench.stop, maxBatches: 3, waitingRoom: new Room(ledger, run) },
    guard: (some) => some,
    build: (some) => some.map((row) => ({ row, request: requestFor(row.kind === "row" ? row.text : row.raw) })),
    count: (some) => some,
    chunk: {
      ...{ provider: "fake", endpoint: endpoint.path, model: "model-1", counters, clock, log, reask, patience },
      limits: { requests: 2, bytes: 1_000_000, tokens: Number.POSITIVE_INFINITY, count: undefined },
      backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
    },
    live: neverLive(bench),
    batch: {
      ...waitsOf(bench),
      ...{ ledger, provider, endpoint, check, retries, counters, clock, log, intervalMs, costOf: bench.costOf },
      admission: bench.admission(admit),
      keepRemote,
      transfers: new TokenGate(1),
    },
    merge: createMerge({
      ledger,
      results,
      endpoint,
      outputField: "grade",
      check: undefined,
      withMeta: false,
      costOf: bench.costOf,
      counters,
    }),
    ...options,
  });
  work.catch(() => {});
  return { work, written };
}

export function rowsUpTo(count: number): GoodRow[] {
  return Array.from({ length: count }, (_, index) => goodRow(`row ${index}`, index + 1));
}

/** What an execution has written, and what it ended with. */
export interface Ended {
  /** The rows as they would stand in the output. */
  readonly lines: readonly string[];
  readonly error: unknown;
}

/** Runs an execution to its end, and ends its run as the pipelines do. It fails the test if it never ends. */
export async function execute(
  bench: StageBench,
  rows: AsyncIterable<readonly Row[]>,
  given: Given = {},
): Promise<Ended> {
  const { work, written } = answering(bench, rows, given);
  let ended: Ended | undefined;
  const end = (error?: unknown) => {
    ended = { lines: written.map(lineOf), error };
  };
  work.then(() => end(), end);
  await eventually(() => ended !== undefined);
  const { lines = [], error } = ended ?? {};
  const isFinished = error === undefined;
  bench.ledger.closeRun(bench.run.id, { exitStatus: isFinished ? 0 : 75, isFinished });
  return { lines, error };
}

function lineOf({ row, added }: AnsweredRow): string {
  const text = row.kind === "row" ? row.text : row.raw;
  return `${text} ${added.map(({ name, json }) => `${name}=${json}`).join(" ")}`;
}
