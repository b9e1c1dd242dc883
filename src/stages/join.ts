import { failedRow, metaField, type WrittenAnswer, writtenAnswer } from "../core/added-answer.ts";
import { customIdOf } from "../core/keys.ts";
import { type ReadMarks, readMarks } from "../core/own-result-line.ts";
import type { AddedField, AnsweredRow, Failure, RequestRow, Usage } from "../core/records.ts";
import { type AnswerCheck, judgeAnswer, judgeError } from "../core/verdicts.ts";
import type { Endpoint, ModelAnswer } from "../endpoints/endpoint.ts";
import { usdInJson } from "../pricing/usd-json.ts";
import { readResultLine } from "../providers/result-line.ts";

export interface JudgeOptions {
  readonly endpoint: Endpoint;
  /** Whether an answer is what the user's schema asks for; undefined without a schema. */
  readonly check: AnswerCheck | undefined;
}

export interface JoinOptions extends JudgeOptions {
  /** The text of the result line of each of these `custom_id`s that has one. */
  readonly find: (customIds: readonly string[]) => ReadonlyMap<string, string>;
  /** Why `grade` would not ask a request that has no line; undefined when it would. */
  readonly whyNotAsked: (row: RequestRow) => Failure | undefined;
  /** The field the answer goes into; failures go into NAME_error, what is known beside into NAME_meta. */
  readonly outputField: string;
  readonly withMeta: boolean;
  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (usage: Usage) => bigint | undefined;
}

/** A result line, judged. Without a failure it is an answer. */
export interface JudgedResult {
  readonly customId: string;
  readonly answer: ModelAnswer | undefined;
  readonly failure: Failure | undefined;
  readonly marks: ReadMarks;
}

/** Judges a line of a result file as a run would. @returns undefined for one that is no result line */
export function judgeResult(text: string, { endpoint, check }: JudgeOptions): JudgedResult | undefined {
  const line = readResultLine(text);
  if (line === undefined) return undefined;
  const marks = readMarks(text);
  const answer = line.kind === "response" ? endpoint.readAnswer(line.body) : undefined;
  const verdict = line.kind === "response" ? judgeAnswer(answer, check) : judgeError(line);
  const failure = marks.failure ?? ("failure" in verdict ? verdict.failure : undefined);
  return { customId: line.customId, answer, failure, marks };
}

/**
 * The join stage: rows with their requests to rows with the answers that result files hold for them, by `custom_id`. A
 * row without a line fails as `missing_result`.
 */
export function createJoin(options: JoinOptions): (rows: readonly RequestRow[]) => readonly AnsweredRow[] {
  return (rows) => {
    const ids = rows.flatMap((row) => ("request" in row ? [customIdOf(row.request.key)] : []));
    const lines = options.find([...new Set(ids)]);
    return rows.map((row) => joinRow(row, lines, options));
  };
}

function joinRow(row: RequestRow, lines: ReadonlyMap<string, string>, options: JoinOptions): AnsweredRow {
  const { outputField, check, whyNotAsked } = options;
  if (!("request" in row)) return failedRow(row.row, row.failure, outputField);
  const customId = customIdOf(row.request.key);
  const line = lines.get(customId);
  const result = line === undefined ? undefined : judgeResult(line, options);
  const unasked = result === undefined ? whyNotAsked(row) : undefined;
  if (unasked !== undefined) return failedRow(row.row, unasked, outputField);
  const failure = result === undefined ? missing(customId) : result.failure;
  if (failure !== undefined) return failedRow(row.row, failure, outputField, metaOf(customId, result, options));
  const written = writtenAnswer(result?.answer ?? {}, check);
  const answer = { name: outputField, json: written.json };
  return { row: row.row, added: [answer, ...metaOf(customId, result, { ...options, written })] };
}

function missing(customId: string): Failure {
  return { code: "missing_result", message: `no result line has the custom_id ${customId}` };
}

interface MetaOptions extends JoinOptions {
  readonly written?: WrittenAnswer;
}

function metaOf(customId: string, result: JudgedResult | undefined, options: MetaOptions): readonly AddedField[] {
  if (!options.withMeta) return [];
  const { answer, marks } = result ?? {};
  const meta = {
    custom_id: customId,
    batch_id: marks?.batchId ?? null,
    model: answer?.model ?? null,
    finish_reason: answer?.finishReason ?? null,
    usage: answer?.usage ?? null,
    cost_usd: usdInJson(answer?.usage && options.costOf(answer.usage)),
    attempts: marks?.attempts ?? null,
    ...(options.written?.repaired && { repaired: options.written.repaired }),
    ...(answer?.logprobs && { logprobs: answer.logprobs }),
  };
  return [metaField(options.outputField, meta)];
}
