import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import { keyOf } from "../core/keys.ts";
import { type Line, splitLines } from "../core/lines.ts";
import type { Logger } from "../core/logger.ts";
import type { Mode } from "../core/mode.ts";
import type { Failure, Usage } from "../core/records.ts";
import { type AnswerCheck, judgeAnswer, judgeError, type Verdict } from "../core/verdicts.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Billed } from "../ledger/accounts.ts";
import type { Chunk, Ledger, RecordedOutcome, ResultLocation } from "../ledger/ledger.ts";
import { resultFileNames } from "../ledger/result-files.ts";
import { readResultLine } from "../providers/result-line.ts";

export interface SettleOptions {
  readonly ledger: Ledger;
  readonly endpoint: Endpoint;
  /** Whether an answer is what the user's schema asks for; undefined without a schema. */
  readonly check: AnswerCheck | undefined;
  /** Gives the check of each request of a batch, by the key it was sent under, in the place of `check`. */
  readonly checksOf?: (chunk: Chunk) => Promise<FindCheck>;
  /** How often a request is asked again. */
  readonly retries: number;
  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (usage: Usage, mode: Mode, model: string) => bigint | undefined;
  readonly counters: Counters;
  readonly log: Logger;
}

/** Whether an answer is what the request asked for; undefined when any is. */
export type FindCheck = (key: string) => AnswerCheck | undefined;

const MAX_RESULT_LINE_BYTES = 1 << 28;
const OUTCOMES_AT_A_TIME = 500;

/**
 * The settle stage: files every line of a fetched chunk's results in the ledger, by `custom_id`, and reconciles:
 * a request that neither file mentions is asked again, whatever the provider's counts say. Doing it twice gives the
 * same ledger.
 *
 * @returns the chunk, settled
 */
export async function settle(chunk: Chunk, options: SettleOptions): Promise<Chunk> {
  const names = resultFileNames(chunk);
  const strays = { lines: 0 };
  const checkOf = (await options.checksOf?.(chunk)) ?? (() => options.check);
  const files = [
    chunk.outputFileId === null ? [] : names.output,
    chunk.errorFileId === null ? [] : names.errors,
  ].flat();
  for (const name of files) {
    await fileOutcomes(
      { chunk, path: join(options.ledger.directory, "results", name), name, strays, checkOf },
      options,
    );
  }
  if (strays.lines > 0)
    options.log.warn("result lines that are corrupt or not ours", {
      event: "file.strays",
      lines: strays.lines,
      chunk: chunk.name,
    });
  const failure = leftoverFailure(chunk);
  return options.ledger.settle(chunk.id, { failure, retries: options.retries, isAttempt: true });
}

/** Files some lines of a chunk's result file, as they come. */
export function fileLines(chunk: Chunk, fileId: number, lines: readonly Line[], options: SettleOptions): void {
  const origin = { fileId, chunk, checkOf: () => options.check };
  const outcomes = lines.flatMap((line) => judgeLine(line, origin, options) ?? []);
  record(chunk, outcomes, options);
}

interface ResultFile {
  readonly chunk: Chunk;
  readonly path: string;
  readonly name: string;
  /** Counts lines that say nothing about a request of ours. */
  readonly strays: { lines: number };
  readonly checkOf: FindCheck;
}

async function fileOutcomes(file: ResultFile, options: SettleOptions): Promise<void> {
  const fileId = options.ledger.addResultFile(file.name, file.chunk.id);
  let outcomes: RecordedOutcome[] = [];
  for await (const lines of splitLines(createReadStream(file.path), MAX_RESULT_LINE_BYTES)) {
    for (const line of lines) {
      const outcome = judgeLine(line, { fileId, chunk: file.chunk, checkOf: file.checkOf }, options);
      if (outcome === undefined) file.strays.lines += line.length > 0 ? 1 : 0;
      else outcomes.push(outcome);
    }
    if (outcomes.length < OUTCOMES_AT_A_TIME) continue;
    record(file.chunk, outcomes, options);
    outcomes = [];
  }
  record(file.chunk, outcomes, options);
}

/** Usage counts for the lines that counted: a doubled line was not paid twice. */
function record(
  chunk: Chunk,
  outcomes: readonly RecordedOutcome[],
  { ledger, retries, counters }: SettleOptions,
): void {
  const counted = ledger.record(chunk.id, outcomes, retries);
  const { rows } = counters.stage("settle");
  rows.in += outcomes.length;
  rows.out += counted.filter((isCounted) => isCounted).length;
  for (const [index, { kind, billed }] of outcomes.entries()) {
    if (counted[index] === true && billed !== undefined) counters.countBilled(billed, kind === "answered", chunk.model);
  }
}

interface Origin {
  readonly fileId: number;
  readonly chunk: Pick<Chunk, "mode" | "model">;
  readonly checkOf: FindCheck;
}

function judgeLine(
  line: Line,
  { fileId, chunk, checkOf }: Origin,
  options: SettleOptions,
): RecordedOutcome | undefined {
  const { endpoint, costOf } = options;
  const result = readResultLine(line.bytes.toString());
  const key = result === undefined ? undefined : keyOf(result.customId);
  if (result === undefined || key === undefined) return undefined;
  if (result.kind === "error") return toOutcome(key, judgeError(result));
  const answer = endpoint.readAnswer(result.body);
  const location = { fileId, offset: line.offset, length: line.length };
  const billed = answer && billOf(answer.usage, (usage) => costOf(usage, chunk.mode, chunk.model));
  return { ...toOutcome(key, judgeAnswer(answer, checkOf(key)), location), ...(billed && { billed }) };
}

/** A reply that does not say what it took was billed all the same, nobody knows with what. */
function billOf(usage: Usage | undefined, costOf: (usage: Usage) => bigint | undefined): Billed {
  return usage === undefined ? { usage: NOTHING, cost: undefined } : { usage, cost: costOf(usage) };
}

const NOTHING: Usage = { input: 0, cached: 0, output: 0, reasoning: 0 };

function toOutcome(key: string, verdict: Verdict, location?: ResultLocation): RecordedOutcome {
  if (verdict.kind === "failed") return { key, ...verdict, ...(location === undefined ? {} : { result: location }) };
  if (verdict.kind === "retry") return { key, ...verdict };
  if (verdict.kind === "reask" && location !== undefined) {
    const { failure, reason } = verdict;
    return { key, kind: "retry", failure, reply: { result: location, reason } };
  }
  if (location === undefined) throw new InternalError(`an error line was judged to be the answer to ${key}`);
  return { key, kind: "answered", result: location };
}

/** What is said of a request that no line mentions. */
function leftoverFailure(chunk: Chunk): Failure {
  const batch = `batch ${chunk.batchId}`;
  if (chunk.batchStatus === "expired") return { code: "expired", message: `${batch} expired before it was done` };
  if (chunk.batchStatus === "cancelled") return { code: "cancelled", message: `${batch} was cancelled` };
  if (chunk.batchStatus === "failed") return { code: "server_error", message: `${batch} failed` };
  return { code: "missing_result", message: `${batch} ended without a line for it` };
}
