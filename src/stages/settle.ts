import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { Counters } from "../core/counters.ts";
import { keyOf } from "../core/keys.ts";
import { type Line, splitLines } from "../core/lines.ts";
import type { Logger } from "../core/logger.ts";
import type { Failure } from "../core/records.ts";
import { type AnswerCheck, judgeAnswer, judgeError, type Verdict } from "../core/verdicts.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Chunk, Ledger, RecordedOutcome } from "../ledger/ledger.ts";
import { resultFileNames } from "../ledger/result-files.ts";
import { type ResultLine, readResultLine } from "../providers/result-line.ts";

export interface SettleOptions {
  readonly ledger: Ledger;
  readonly endpoint: Endpoint;
  /** Whether an answer is what the user's schema asks for; undefined without a schema. */
  readonly check: AnswerCheck | undefined;
  /** How often a request is asked again. */
  readonly retries: number;
  readonly counters: Counters;
  readonly log: Logger;
}

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
  for (const name of [names.output, names.errors]) {
    const path = join(options.ledger.directory, "results", name);
    if (existsSync(path)) await fileOutcomes({ chunk, path, name, strays }, options);
  }
  if (strays.lines > 0) options.log.warn("result lines that are corrupt or not ours", { ...strays, chunk: chunk.name });
  const failure = leftoverFailure(chunk);
  return options.ledger.settle(chunk.id, { failure, retries: options.retries, isAttempt: true });
}

interface ResultFile {
  readonly chunk: Chunk;
  readonly path: string;
  readonly name: string;
  /** Counts lines that say nothing about a request of ours. */
  readonly strays: { lines: number };
}

async function fileOutcomes(file: ResultFile, options: SettleOptions): Promise<void> {
  const { ledger, retries } = options;
  const fileId = ledger.addResultFile(file.name, file.chunk.id);
  let outcomes: RecordedOutcome[] = [];
  for await (const lines of splitLines(createReadStream(file.path), MAX_RESULT_LINE_BYTES)) {
    for (const line of lines) {
      const outcome = outcomeOf(line, fileId, options);
      if (outcome === undefined) file.strays.lines += line.length > 0 ? 1 : 0;
      else outcomes.push(outcome);
    }
    if (outcomes.length < OUTCOMES_AT_A_TIME) continue;
    ledger.record(file.chunk.id, outcomes, retries);
    outcomes = [];
  }
  ledger.record(file.chunk.id, outcomes, retries);
}

function outcomeOf(line: Line, fileId: number, options: SettleOptions): RecordedOutcome | undefined {
  const result = readResultLine(line.bytes.toString());
  const key = result === undefined ? undefined : keyOf(result.customId);
  if (result === undefined || key === undefined) return undefined;
  const verdict = judge(result, options);
  if (verdict.kind !== "answered") return { key, ...verdict };
  return { key, kind: "answered", result: { fileId, offset: line.offset, length: line.length } };
}

function judge(result: ResultLine, { endpoint, check, counters }: SettleOptions): Verdict {
  if (result.kind === "error") return judgeError(result);
  const answer = endpoint.readAnswer(result.body);
  if (answer?.usage !== undefined) counters.countUsage(answer.usage);
  return judgeAnswer(answer, check);
}

/** What is said of a request that no line mentions. */
function leftoverFailure(chunk: Chunk): Failure {
  const batch = `batch ${chunk.batchId}`;
  if (chunk.batchStatus === "expired") return { code: "expired", message: `${batch} expired before it was done` };
  if (chunk.batchStatus === "cancelled") return { code: "cancelled", message: `${batch} was cancelled` };
  return { code: "missing_result", message: `${batch} ended without a line for it` };
}
