import { Counters } from "../core/counters.ts";
import { UsageError } from "../core/errors.ts";
import type { AnsweredRow, RequestRow, Row, Usage } from "../core/records.ts";
import { resolveInputs } from "../io/inputs.ts";
import { costOf } from "../pricing/cost.ts";
import { findPrice } from "../pricing/price-table.ts";
import type { MergeReport } from "../report/merge.ts";
import { createHalt } from "../stages/halt.ts";
import { createJoin } from "../stages/join.ts";
import { RowSource } from "../stages/read.ts";
import type { Step } from "./answer-rows.ts";
import { failurePolicy } from "./halting.ts";
import { refusePairs } from "./judging.ts";
import { openErrorsOutput, openRowsOutput } from "./outputs.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "./question.ts";
import { type RequestSettings, requestSteps } from "./request-steps.ts";
import { ResultFiles } from "./result-files.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import { answerFields, RowOutputs } from "./row-outputs.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What a user can say about a merge. */
export interface MergeSettings
  extends QuestionSettings,
    RequestSettings,
    Pick<GradeSettings, "inputs" | "inputFormat" | "outputFormat" | "maxRecordBytes" | "output" | "errors">,
    Pick<GradeSettings, "onError" | "haltOn" | "meta"> {
  /** Paths and patterns of result files. */
  readonly results: readonly string[];
}

/** What surrounds it. */
export type MergeHost = Pick<RunHost, "stdin" | "stdout" | "log" | "signal" | "data" | "prices">;

/**
 * Puts the results of requests back to the rows that ask them, and writes what `grade` would. The requests are those
 * that `build` makes of the rows with the same settings; their results are found by `custom_id`, in files of any order.
 *
 * @throws {BgPipeError} when a file cannot be read or written, or the settings make no sense
 */
export async function mergeResults(settings: MergeSettings, host: MergeHost): Promise<MergeReport> {
  checkInputs(settings);
  const paths = await resolveInputs(settings.inputs);
  const question = await prepareQuestion(settings, host.data);
  refusePairs(question, "merge");
  const counters = new Counters();
  const { endpoint, check } = question;
  const { inputFormat: format, maxRecordBytes } = settings;
  const source = await RowSource.open({ ...host, paths, format, maxRecordBytes, counters });
  const results = await ResultFiles.open(settings.results, { endpoint, check, ...host });
  try {
    const outputs = await openOutputs(settings, host, { question, counters, source });
    const steps = await joinSteps(settings, host, { question, results, guard: outputs.guard() });
    await outputs.write(joinAll(source, steps));
    checkNoRowIsLost(counters);
    return { ...reportOf(counters, results), exitStatus: exitStatusOf(counters) };
  } finally {
    await results.close();
  }
}

function checkInputs({ inputs, results }: MergeSettings): void {
  if (results.length === 0) {
    throw new UsageError("merge needs the files of results", { hint: "Name them with --results FILE." });
  }
  const isStdinRows = inputs.length === 0 || inputs.includes("-");
  if (!isStdinRows || !results.includes("-")) return;
  throw new UsageError("both the rows and the results would come from stdin", {
    hint: "Name a file for one of them: bg-pipe merge rows.jsonl --results -",
  });
}

interface OutputParts {
  readonly question: Question;
  readonly counters: Counters;
  readonly source: RowSource;
}

async function openOutputs(settings: MergeSettings, host: MergeHost, parts: OutputParts): Promise<RowOutputs> {
  const { question, counters, source } = parts;
  const rows = await openRowsOutput(settings, source, host);
  const errors = await openErrorsOutput(settings, rows);
  const { signal } = host;
  const added = answerFields(settings, question);
  return new RowOutputs({ ...added, ...failurePolicy(settings), source, rows, errors, counters, signal });
}

function joinOptions(settings: MergeSettings, { prices }: MergeHost, { endpoint, check, request }: Question) {
  const { outputField, meta: withMeta } = settings;
  const price = findPrice(prices, request.model)?.price;
  const cost = (usage: Usage) => costOf({ cacheWritten: 0, ...usage }, price, "batch");
  return { endpoint, check, outputField, withMeta, costOf: cost };
}

/** Rows to rows with their results. */
async function joinSteps(
  settings: MergeSettings,
  host: MergeHost,
  { question, results, guard }: JoinParts,
): Promise<Step<Row, AnsweredRow>> {
  const { build, check } = await requestSteps(settings, question);
  const whyNotAsked = (row: RequestRow) =>
    check([row]).flatMap((checked) => ("failure" in checked ? [checked.failure] : []))[0];
  const join = createJoin({ ...joinOptions(settings, host, question), find: results.find, whyNotAsked });
  const halt = createHalt(failurePolicy(settings).halts);
  return (rows) => {
    const requests = build(guard(rows));
    return join(halt(requests));
  };
}

interface JoinParts {
  readonly question: Question;
  readonly results: ResultFiles;
  readonly guard: Step<Row, Row>;
}

async function* joinAll(source: RowSource, step: Step<Row, AnsweredRow>) {
  for await (const rows of source.rows()) yield step(rows);
}

function reportOf(counters: Counters, results: ResultFiles): Omit<MergeReport, "exitStatus"> {
  const { requests, found } = results.counts();
  return {
    rows: counters.rowsRead,
    answered: counters.rowsAnswered,
    failed: counters.rowsFailed,
    results: { requests, unused: requests - found, strays: results.strays },
  };
}
