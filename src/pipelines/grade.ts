import { createHash } from "node:crypto";
import { unlessAborted } from "../core/abort.ts";
import { Counters } from "../core/counters.ts";
import { BgPipeError, EXIT, HaltError } from "../core/errors.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { resolveInputs } from "../io/inputs.ts";
import { removeStaleChunkFiles } from "../ledger/chunk-file.ts";
import type { Run, RunEnd } from "../ledger/ledger.ts";
import { ResultReader } from "../ledger/result-reader.ts";
import { CompletionOrderRoom, InputOrderRoom } from "../ledger/waiting-room.ts";
import { findPrice } from "../pricing/price-table.ts";
import { stringifyWithUsd } from "../pricing/usd-json.ts";
import { type Summary, summarise } from "../report/summary.ts";
import { createBuild } from "../stages/build.ts";
import { createCount } from "../stages/count.ts";
import { createGuard, refuseColumnClash } from "../stages/guard.ts";
import { createHalt } from "../stages/halt.ts";
import { addedFieldNames, createMerge, extraColumns } from "../stages/merge.ts";
import { RowSource } from "../stages/read.ts";
import { write } from "../stages/write.ts";
import { answerRows } from "./answer-rows.ts";
import { type AskingParts, askingOptions, learnedOverhead, runChunkLimits } from "./asking.ts";
import { goesByRows, modeSwitchOf } from "./asking-mode.ts";
import { Money } from "./money.ts";
import { openLedger, openProvider, outputFiles, runLabel } from "./open-run.ts";
import { type OpenOutput, openErrorsOutput, openRowsOutput, sinkOf } from "./outputs.ts";
import { peekRows } from "./peek-rows.ts";
import { planRows } from "./plan-rows.ts";
import { prepareQuestion, type Question } from "./question.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import type { GradeSettings, RunHost } from "./settings.ts";
import { StrategyRun } from "./strategy.ts";

/** How a run ended. It is not thrown, so that there is a summary whatever happened. */
export interface GradeResult {
  readonly exitStatus: number;
  readonly summary: Summary;
  /** Why it ended early; undefined when it ran to its end. */
  readonly error: unknown;
}

/**
 * The grade pipeline: every row of the inputs through the model by way of the Batch API, and out again with its
 * answer.
 *
 * @throws {BgPipeError} when the run cannot begin; once it has begun, all that happens is in the result
 */
export async function grade(settings: GradeSettings, host: RunHost): Promise<GradeResult> {
  const modeSwitch = modeSwitchOf(settings, host);
  const paths = await resolveInputs(settings.inputs);
  const question = await prepareQuestion(settings, host.data);
  const counters = host.counters ?? new Counters();
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const stoppable = { ...host, signal };
  const provider = await openProvider(settings, stoppable, counters);
  const { inputFormat: format, maxRecordBytes } = settings;
  const source = await RowSource.open({ paths, stdin: host.stdin, format, maxRecordBytes, counters, signal });
  const ledger = await openLedger(settings, host);
  const strategy = host.strategy && new StrategyRun(host.strategy);
  try {
    const money = moneyOf({ settings, host, question, provider, ledger, modeSwitch });
    const { model } = question.request;
    counters.run = { pipeline: "grade", provider: provider.name, model, isPriced: money.isPriced };
    const parts = { settings, host: stoppable, stop, question, provider, counters, source, ledger, money, modeSwitch };
    const job = new GradeJob({ ...parts, strategy });
    return await (settings.dryRun ? job.plan() : job.run());
  } finally {
    await strategy?.close();
    ledger.close();
    await provider.close();
  }
}

type MoneyParts = Pick<AskingParts, "settings" | "host" | "question" | "provider" | "ledger" | "modeSwitch">;

/** What the requests of a run cost, and are expected to. */
export function moneyOf({ settings, host, question, provider, ledger, modeSwitch }: MoneyParts): Money {
  const { model } = question.request;
  const price = findPrice(host.prices, model)?.price;
  const isEmbedding = settings.endpoint === "/v1/embeddings";
  const expectedOutput = isEmbedding ? 0 : (settings.expectOutputTokens ?? settings.maxOutputTokens);
  const otherPrices = new Map(
    (settings.escalate ?? []).map((name) => [name, findPrice(host.prices, name)?.price ?? null]),
  );
  const mode = () => modeSwitch.mode;
  return new Money({ ledger, provider: provider.identity, model, price, otherPrices, mode, expectedOutput });
}

interface GradeParts extends AskingParts {
  readonly question: Question;
  /** Aborts the host's signal. */
  readonly stop: AbortController;
  readonly source: RowSource;
}

/** One execution, with all its parts at hand. */
class GradeJob {
  readonly #parts: GradeParts;
  readonly #startedAt: number;
  #columns: readonly string[] | undefined;

  constructor(parts: GradeParts) {
    this.#parts = parts;
    this.#startedAt = parts.host.clock.now();
    // The guard needs to see the columns without waiting for them.
    void parts.source.columns.then(
      (columns) => (this.#columns = columns),
      () => {},
    );
  }

  async plan(): Promise<GradeResult> {
    const { source, ledger, counters, settings, question, host, money } = this.#parts;
    const limits = runChunkLimits(this.#parts);
    const guard = this.#guard(false);
    const { build, count } = this.#steps();
    const steps = (rows: Parameters<typeof guard>[0]) => count(build(guard(rows)));
    const run = { id: NO_RUN, freshSince: settings.fresh ? host.clock.now() : 0 };
    const endpoint = question.endpoint.path;
    const { estimate } = money;
    const overheadTokens = learnedOverhead(this.#parts);
    await planRows({ rows: source.rows(), steps, ledger, run, endpoint, limits, overheadTokens, counters, estimate });
    return this.#result(undefined, EXIT.ok, undefined);
  }

  async run(): Promise<GradeResult> {
    const { ledger, settings, host, counters } = this.#parts;
    const signature = this.#signature();
    const files = outputFiles(settings);
    const label = runLabel(settings, this.#parts.question.request.model);
    const run = ledger.openRun({ pipeline: "grade", label, signature, isFresh: settings.fresh, files });
    host.log.debug("run.started", { run: run.id, provider: this.#parts.provider.name, label });
    if (run.isTakenOver) {
      host.log.debug("run.resumed", { run: run.id });
      removeStaleChunkFiles(ledger, run.id);
    }
    const results = new ResultReader(ledger);
    try {
      await this.#answerRows(run, results);
      checkNoRowIsLost(counters);
      const exitStatus = exitStatusOf(counters);
      return this.#close(run, { exitStatus, isFinished: true }, undefined);
    } catch (error) {
      const exitStatus = error instanceof BgPipeError ? error.exitStatus : EXIT.bug;
      // Who asked for a halt has it: the next execution starts anew, and asks again what failed in passing.
      return this.#close(run, { exitStatus, isFinished: error instanceof HaltError }, error);
    } finally {
      results.close();
    }
  }

  #close(run: Run, end: RunEnd, error: unknown): GradeResult {
    const result = this.#result(run, end.exitStatus, error);
    this.#parts.ledger.closeRun(run.id, { ...end, summary: stringifyWithUsd(result.summary) });
    return result;
  }

  async #answerRows(run: Run, results: ResultReader): Promise<void> {
    const { settings, host, stop, question, source, ledger, money, counters } = this.#parts;
    const { outputField, meta: withMeta, order } = settings;
    const { endpoint, check } = question;
    const rowsOutput = await openRowsOutput(settings, source.format, host);
    const errorsOutput = await openErrorsOutput(settings, rowsOutput);
    const isTable = rowsOutput.format.isTable || errorsOutput?.format.isTable === true;
    const Room = order === "input" ? InputOrderRoom : CompletionOrderRoom;
    await answerRows({
      ledger,
      run,
      waitingRoom: new Room(ledger, run),
      rows: await this.#rows(),
      guard: this.#guard(isTable),
      ...this.#steps(),
      ...askingOptions(this.#parts, { run, results }),
      merge: createMerge({
        ledger,
        results,
        endpoint,
        outputField,
        isJson: check !== undefined,
        withMeta,
        costOf: money.costOf,
        counters,
      }),
      write: (rows) => this.#write(rows, { rowsOutput, errorsOutput, isTable }),
      stop,
      signal: host.signal,
    });
  }

  /** The rows, after a look at how few they are where that decides how they are asked. */
  async #rows(): Promise<AsyncIterable<readonly Row[]>> {
    const { settings, source, modeSwitch } = this.#parts;
    if (!goesByRows(settings, modeSwitch)) return source.rows();
    const { areFewer, rows } = await peekRows(source.rows(), settings.liveBelow);
    if (areFewer) modeSwitch.goLive();
    return rows;
  }

  async #write(rows: AsyncIterable<readonly AnsweredRow[]>, { rowsOutput, errorsOutput, isTable }: Outputs) {
    const { source, host, settings, counters } = this.#parts;
    const columns = isTable ? await unlessAborted(source.columns, host.signal) : [];
    const options = { columns, addedColumns: this.#addedColumns() };
    if (isTable) refuseColumnClash(options);
    const errors = errorsOutput && sinkOf(errorsOutput, options);
    const { onError } = settings;
    await write(rows, { rows: sinkOf(rowsOutput, options), errors, onError, counters, signal: host.signal });
  }

  #steps() {
    const { settings, question, provider } = this.#parts;
    const { render, endpoint, request, tokenizer, contextWindow } = question;
    const count = createCount({ tokenizer, endpoint, contextWindow });
    const halt = createHalt();
    return {
      build: createBuild({ render, endpoint, settings: request, provider: provider.identity }),
      count: settings.onError === "halt" ? (rows: Parameters<typeof count>[0]) => halt(count(rows)) : count,
    };
  }

  #guard(isTable: boolean) {
    const { outputField, meta } = this.#parts.settings;
    const addedFields = [...addedFieldNames(outputField, meta), ...(isTable ? this.#addedColumns() : [])];
    return createGuard({ addedFields, columns: isTable ? () => this.#columns : undefined });
  }

  #addedColumns(): readonly string[] {
    const { question, settings } = this.#parts;
    return [...question.columns, ...extraColumns(settings.outputField, settings.meta)];
  }

  /** Equal for executions of the same command over inputs of the same names. */
  #signature(): string {
    const { settings, question, provider } = this.#parts;
    const { inputs, output, errors, order, onError, fresh, field, prompt, system, user } = settings;
    const said = { inputs, output, errors, order, onError, fresh, field, prompt, system, user };
    const asked = { provider: provider.identity, endpoint: question.endpoint.path, request: question.request };
    return createHash("sha256").update(JSON.stringify({ said, asked })).digest("hex");
  }

  #result(run: Run | undefined, exitStatus: number, error: unknown): GradeResult {
    const { counters, provider, question, settings, host, money } = this.#parts;
    const summary = summarise(counters, {
      run: run?.id ?? null,
      provider: provider.name,
      model: question.request.model,
      isDryRun: settings.dryRun,
      isPriced: money.isPriced,
      seconds: (host.clock.now() - this.#startedAt) / 1000,
      exitStatus,
    });
    return { exitStatus, summary, error };
  }
}

/** Where rows go, and whether any of it is a table. */
interface Outputs {
  readonly rowsOutput: OpenOutput;
  readonly errorsOutput: OpenOutput | undefined;
  readonly isTable: boolean;
}

/** As who a dry run asks the ledger. */
const NO_RUN = -1;
