import { onTestFinished } from "vitest";
import type { GoodRow, Row } from "../../src/core/records.ts";
import { TokenGate } from "../../src/core/token-gate.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { InputOrderRoom } from "../../src/ledger/waiting-room.ts";
import { answerRows } from "../../src/pipelines/answer-rows.ts";
import { Money, openBudget } from "../../src/pipelines/money.ts";
import type { Price } from "../../src/pricing/price.ts";
import { createMerge } from "../../src/stages/merge.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { type AskedLine, questionIn, responseTo, untriedLine } from "../stages/result-lines.ts";
import { goodRow, requestFor, StageBench } from "../stages/support.ts";
import { eventually } from "../support/virtual-clock.ts";
import { neverLive, waitsOf } from "./batch-only.ts";

/** A row whose request takes so many tokens, and is answered with so many. */
export interface Question {
  readonly input: number;
  readonly output: number;
}

/** 1 for a token in, 10 for one out. */
const PRICE: Price = { batch: { input: 1n, cachedInput: 1n, output: 10n }, tiers: [], origin: "test" };

export interface Limits {
  readonly maxCost?: bigint;
  readonly tokenLimit?: number;
  /** The most output tokens of any answer; undefined when the run is not told. */
  readonly mostOutput?: number;
  readonly chunkRows?: number;
  /** Rows in an array; 100 when undefined. */
  readonly arrayRows?: number;
}

/** How an execution went. */
export interface Spending {
  /** For each row its failure's code; null for an answered one. */
  readonly codes: readonly (string | null)[];
  readonly error: unknown;
  readonly bench: StageBench;
}

/** A row of its own, even among equal ones. */
function rowOf({ input, output }: Question, line: number): GoodRow {
  return goodRow(`row ${line} in=${input} out=${output}`, line);
}

export function priceOf({ input, output }: Question): bigint {
  return BigInt(input) + 10n * BigInt(output);
}

function questionOf(text: string): Question {
  const [, input, output] = /in=(\d+) out=(\d+)/.exec(text) ?? [];
  return { input: Number(input), output: Number(output) };
}

/** A line with the answer and its usage. */
function answerLine(asked: AskedLine): string {
  const { input, output } = questionOf(questionIn(asked));
  const message = { role: "assistant", content: "yes" };
  const usage = { prompt_tokens: input, completion_tokens: output };
  return responseTo(asked, 200, { choices: [{ index: 0, message, finish_reason: "stop" }], usage });
}

/** A batch that answers as many as that, and expires with the rest. */
export function answersFirst(share: number): BatchScript {
  const cut = (asked: readonly AskedLine[]) => Math.floor(asked.length * share);
  return {
    status: share === 1 ? "completed" : "expired",
    output: (asked) => asked.slice(0, cut(asked)).map(answerLine),
    errors: (asked) => asked.slice(cut(asked)).map((line) => untriedLine(line, "batch_expired")),
  };
}

/** The questions in a bench's batches, as often as they were put to the provider in one that was not turned away. */
export function askedOf({ provider }: StageBench): readonly Question[] {
  const taken = provider.batches.filter(({ script }) => script.status !== "failed");
  return taken.flatMap(({ asked }) => asked.map((line) => questionOf(questionIn(line))));
}

/** What the provider has billed. */
export function billedBy({ provider }: StageBench): bigint {
  let sum = 0n;
  for (const { asked, script } of provider.batches) {
    const answered = script.output?.(asked) ?? [];
    for (const line of asked.slice(0, answered.length)) sum += priceOf(questionOf(questionIn(line)));
  }
  return sum;
}

/** Runs the questions through an execution, to its end. */
export async function spend(
  questions: readonly Question[],
  limits: Limits,
  scripts: readonly BatchScript[] = [],
  bench = new StageBench(),
): Promise<Spending> {
  // Those behind the scripted ones are answered, too.
  bench.provider.nextBatches(...scripts, ...Array.from({ length: 500 }, () => answersFirst(1)));
  const rows = questions.map((question, index) => rowOf(question, index + 1));
  const codes: (string | null)[] = [];
  let ended: { readonly error: unknown } | undefined;
  const end = (error?: unknown) => (ended = { error });
  answerRows(optionsOf(bench, rows, limits, codes)).then(() => end(), end);
  await eventually(() => ended !== undefined);
  const error = ended?.error;
  bench.ledger.closeRun(bench.run.id, { exitStatus: error === undefined ? 0 : 75, isFinished: error === undefined });
  return { codes, error, bench };
}

function optionsOf(bench: StageBench, rows: readonly Row[], limits: Limits, codes: (string | null)[]) {
  const { ledger, run, provider, endpoint, retries, counters, clock, log, signal, patience, keepRemote } = bench;
  const { maxCost, tokenLimit, mostOutput, chunkRows = 2, arrayRows = 100 } = limits;
  const results = new ResultReader(ledger);
  onTestFinished(() => results.close());
  const money = new Money({
    ...{ ledger, provider: "fake", model: "model-1", price: PRICE, mode: () => "batch" as const },
    expectedOutput: mostOutput,
  });
  const budget = openBudget({ maxCost, tokenLimit }, money, { ledger, run, model: "model-1", log });
  const { costOf, estimate } = money;
  const common = { ledger, endpoint, counters, costOf };
  return {
    ...{ ledger, run, signal, stop: bench.stop, maxBatches: 2, waitingRoom: new InputOrderRoom(ledger, run) },
    rows: arraysOf(rows, arrayRows),
    guard: (some: readonly Row[]) => some,
    build: (some: readonly Row[]) => some.map((row) => ({ row, request: requestOf(row) })),
    count: <T>(some: readonly T[]) => some,
    chunk: {
      ...{ provider: "fake", endpoint: endpoint.path, model: "model-1", counters, clock, log, patience },
      ...{ budget, estimate, isPriced: true, reask: () => undefined },
      limits: { requests: chunkRows, bytes: 1_000_000, tokens: Number.POSITIVE_INFINITY, count: undefined },
      backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
    },
    live: neverLive(bench),
    batch: {
      ...waitsOf(bench),
      ...{ ...common, provider, check: undefined, retries, clock, log, intervalMs: undefined, keepRemote },
      ...{ admission: bench.admission(), transfers: new TokenGate(1) },
    },
    merge: createMerge({ ...common, results, outputField: "grade", check: undefined, withMeta: false }),
    write: async (arrays: AsyncIterable<readonly { readonly failure?: { readonly code: string } }[]>) => {
      for await (const some of arrays) codes.push(...some.map(({ failure }) => failure?.code ?? null));
    },
  };
}

function requestOf(row: Row) {
  const text = row.kind === "row" ? row.text : row.raw;
  return requestFor(text, questionOf(text).input);
}

async function* arraysOf(rows: readonly Row[], size: number) {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
