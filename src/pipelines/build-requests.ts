import { failedRow } from "../core/added-answer.ts";
import { Counters } from "../core/counters.ts";
import type { AnsweredRow, RequestRow, Row } from "../core/records.ts";
import { requestLine, requestLineBytes } from "../core/request-line.ts";
import { resolveInputs } from "../io/inputs.ts";
import { SeenKeys } from "../ledger/seen-keys.ts";
import type { BuildReport } from "../report/build.ts";
import { RowSource } from "../stages/read.ts";
import type { Step } from "./answer-rows.ts";
import { UncountedRows } from "./count/uncounted.ts";
import { refusePairs } from "./judging.ts";
import { openErrorsOutput, openLinesOutput } from "./outputs.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "./question.ts";
import { type RequestSettings, type RequestSteps, requestSteps } from "./request-steps.ts";
import { checkNoRowIsLost } from "./row-balance.ts";
import { answerFields, RowOutputs } from "./row-outputs.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What a user can say about building requests. */
export interface BuildSettings
  extends QuestionSettings,
    RequestSettings,
    Pick<GradeSettings, "inputs" | "inputFormat" | "maxRecordBytes" | "output" | "errors"> {}

/** What surrounds it. */
export type BuildHost = Pick<RunHost, "stdin" | "stdout" | "log" | "signal" | "data">;

/**
 * Writes the requests that `grade` would make of the rows as a Batch API input file: one line for each distinct
 * request, in the order of the rows. A row that cannot be asked has none.
 *
 * @throws {BgPipeError} when an input cannot be read, an output not written, or the settings make no sense
 */
export async function buildRequests(settings: BuildSettings, host: BuildHost): Promise<BuildReport> {
  const paths = await resolveInputs(settings.inputs);
  const question = await prepareQuestion(settings, host.data);
  refusePairs(question, "build");
  const counters = new Counters();
  const { inputFormat: format, maxRecordBytes } = settings;
  const source = await RowSource.open({ ...host, paths, format, maxRecordBytes, counters });
  const work = new BuildWork({ settings, question, counters, steps: await requestSteps(settings, question) });
  try {
    const outputs = await openOutputs(settings, host, { question, counters, source });
    await outputs.write(linesOf(source, outputs.guard(), work));
    checkNoRowIsLost(counters, counters.rowsShared);
    return work.report();
  } finally {
    work.close();
  }
}

interface OutputParts {
  readonly question: Question;
  readonly counters: Counters;
  readonly source: RowSource;
}

async function openOutputs(settings: BuildSettings, host: BuildHost, parts: OutputParts): Promise<RowOutputs> {
  const { question, counters, source } = parts;
  const rows = await openLinesOutput(settings, host);
  const errors = await openErrorsOutput(settings, source);
  const { outputField } = settings;
  const added = answerFields({ outputField, meta: false }, question);
  return new RowOutputs({
    ...added,
    onError: "skip",
    halts: () => false,
    source,
    rows,
    errors,
    counters,
    signal: host.signal,
  });
}

async function* linesOf(source: RowSource, guard: Step<Row, Row>, work: BuildWork) {
  for await (const rows of source.rows()) yield work.lines(guard(rows));
}

type AskedRow = Extract<RequestRow, { request: unknown }>;
type UnaskedRow = Extract<RequestRow, { failure: unknown }>;

interface BuildParts extends Pick<OutputParts, "question" | "counters"> {
  readonly settings: BuildSettings;
  readonly steps: RequestSteps;
}

/** Rows to request lines, each request once. */
class BuildWork {
  readonly #settings: BuildSettings;
  readonly #endpoint: string;
  readonly #steps: RequestSteps;
  readonly #counters: Counters;
  readonly #seen = new SeenKeys();
  readonly #unasked = new UncountedRows();
  #bytes = 0;

  constructor({ settings, question, counters, steps }: BuildParts) {
    this.#settings = settings;
    this.#endpoint = question.endpoint.path;
    this.#steps = steps;
    this.#counters = counters;
  }

  lines(rows: readonly Row[]): readonly AnsweredRow[] {
    const { build, check } = this.#steps;
    return check(build(rows)).flatMap((row) => ("request" in row ? this.#lineOf(row) : this.#failed(row)));
  }

  #lineOf({ row: { position }, request: { key, bodyText } }: AskedRow): readonly AnsweredRow[] {
    if (!this.#seen.add(key)) {
      this.#counters.rowsShared++;
      return [];
    }
    this.#bytes += requestLineBytes(key, this.#endpoint, bodyText);
    return [{ row: { kind: "row", position, text: requestLine(key, this.#endpoint, bodyText) }, added: [] }];
  }

  #failed({ row, failure }: UnaskedRow): readonly AnsweredRow[] {
    this.#unasked.add(row.position, failure);
    return [failedRow(row, failure, this.#settings.outputField)];
  }

  report(): BuildReport {
    const { rowsRead, rowsWritten, rowsShared } = this.#counters;
    return {
      rows: rowsRead,
      requests: rowsWritten,
      shared: rowsShared,
      bytes: this.#bytes,
      failed: this.#unasked,
      batches: { requests: this.#steps.limits.requests, bytes: this.#steps.limits.bytes },
    };
  }

  close(): void {
    this.#seen.close();
  }
}
