import type { BothOrders } from "../agreement/both-orders.ts";
import type { Judges } from "../agreement/judges.ts";
import type { FanIn } from "../core/combine.ts";
import { Counters } from "../core/counters.ts";
import { BgPipeError, EXIT, HaltError } from "../core/errors.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import type { ScoreTally } from "../core/scores/score-tally.ts";
import { resolveInputs } from "../io/inputs.ts";
import { removeStaleChunkFiles } from "../ledger/chunk-file.ts";
import type { Run, RunEnd } from "../ledger/ledger.ts";
import { ResultReader } from "../ledger/result-reader.ts";
import { CompletionOrderRoom, InputOrderRoom, type SettledRow } from "../ledger/waiting-room.ts";
import { stringifyWithUsd } from "../pricing/usd-json.ts";
import { type Summary, summarise } from "../report/summary.ts";
import { createBuild } from "../stages/build.ts";
import { createGuard } from "../stages/guard.ts";
import { createHalt } from "../stages/halt.ts";
import { addedFieldNames, createMerge, extraColumns } from "../stages/merge.ts";
import { RowSource } from "../stages/read.ts";
import { answerRows, type Step } from "./answer-rows.ts";
import { goesByRows, modeSwitchOf } from "./asking-mode.ts";
import { openGradedOutput } from "./graded-output.ts";
import { failurePolicy } from "./halting.ts";
import { fanInsOf, judgingSummary, prepareQuestions } from "./judging.ts";
import { type LabelCheck, labelled, openLabelCheck } from "./label-check.ts";
import { openLedger, openProvider, runLabel } from "./open-run.ts";
import { outputFiles } from "./outputs.ts";
import { Panel, type PanelParts } from "./panel.ts";
import { peekRows } from "./peek-rows.ts";
import { planRows } from "./plan-rows.ts";
import { openProbe, type Probe, probeOccasion } from "./probe.ts";
import type { Question } from "./question.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import { runSignature } from "./run-signature.ts";
import type { GradeSettings, RunHost, StepEnds } from "./settings.ts";
import { ShownRequests } from "./shown-requests.ts";
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
  const shown = new ShownRequests(settings);
  const paths = host.step === undefined ? await resolveInputs(settings.inputs) : [];
  const questions = await prepareQuestions(settings, host.data);
  const labels = await openLabelCheck(settings, questions[0]);
  const probe = await openProbe(settings, host, questions[0]);
  const counters = host.counters ?? new Counters();
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const stoppable = { ...host, signal };
  const provider = await openProvider(settings, stoppable, counters);
  const { inputFormat: format, maxRecordBytes } = settings;
  const source =
    host.step?.source ?? (await RowSource.open({ paths, stdin: host.stdin, format, maxRecordBytes, counters, signal }));
  const ledger = await openLedger(settings, host);
  const strategy = host.strategy && new StrategyRun(host.strategy);
  try {
    const parts = { settings, host: stoppable, provider, counters, ledger, modeSwitch, strategy };
    const panel = new Panel(parts, questions);
    const { judges, orders } = fanInsOf(settings, questions);
    counters.requestsPerRow = (orders ?? judges)?.labels.length ?? 1;
    const scores = counters.countScores(questions[0].scores);
    // The steps of a pipeline count together, and what all cost is known if each does.
    const isPriced = panel.isPriced && counters.run?.isPriced !== false;
    counters.run = { pipeline: nameOf(host), provider: provider.name, model: panel.model, isPriced };
    const answers = { judges, orders, labels, probe, scores };
    const job = new GradeJob({ ...parts, ...answers, stop, questions, source, panel, shown });
    return await (settings.dryRun ? job.plan() : job.run());
  } finally {
    await strategy?.close();
    ledger.close();
    await provider.close();
  }
}

interface GradeParts extends PanelParts {
  /** To each judge, at least one. They differ in the model. */
  readonly questions: readonly [Question, ...Question[]];
  readonly panel: Panel;
  /** How the answers of a row become one; undefined when it has but one. */
  readonly judges: Judges | undefined;
  /** How the two orders of a pairwise prompt become one, around the judges; undefined for other prompts. */
  readonly orders: BothOrders | undefined;
  /** Compares answers with labels; undefined when that is not asked for. */
  readonly labels: LabelCheck | undefined;
  /** Counts the values of the answers. */
  readonly scores: ScoreTally;
  /** Rows that are asked anew, and not written. */
  readonly probe: Probe | undefined;
  /** Aborts the host's signal. */
  readonly stop: AbortController;
  readonly source: StepEnds["source"];
  /** What a dry run prints. */
  readonly shown: ShownRequests;
}

function nameOf({ step }: RunHost): string {
  return step?.pipeline ?? "grade";
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

  /** What is the same in the questions to all judges is taken from it. */
  get #question(): Question {
    return this.#parts.questions[0];
  }

  /** How the answers of a row become one; undefined when it has but one. */
  get #fanIn(): FanIn | undefined {
    const { orders, judges } = this.#parts;
    return orders ?? judges;
  }

  async plan(): Promise<GradeResult> {
    const { source, ledger, counters, settings, host, panel, probe, shown } = this.#parts;
    const { limits, estimate, overheadTokens } = panel;
    const run = { id: NO_RUN, freshSince: settings.fresh ? host.clock.now() : 0 };
    const guard = this.#guard(false);
    const { build, count } = this.#steps(run);
    const steps = (some: Parameters<typeof guard>[0]) => shown.see(count(build(guard(some))));
    const rows = probe === undefined ? source.rows() : probe.rows(source.rows());
    const endpoint = this.#question.endpoint.path;
    await planRows({ rows, steps, ledger, run, endpoint, limits, overheadTokens, counters, estimate });
    await shown.write(host.stdout);
    return this.#result(undefined, EXIT.ok, undefined);
  }

  async run(): Promise<GradeResult> {
    const { ledger, settings, host, source, counters, panel } = this.#parts;
    const isStep = host.step !== undefined;
    const signature = runSignature(this.#parts, this.#fanIn);
    const files = isStep ? [] : await outputFiles(settings, source);
    const label = runLabel(settings, panel.model, isStep);
    const run = ledger.openRun({ pipeline: nameOf(host), label, signature, isFresh: settings.fresh, files });
    host.step?.onRun(run.id);
    host.log.debug("run.started", { run: run.id, provider: this.#parts.provider.name, label });
    if (run.isTakenOver) {
      host.log.debug("run.resumed", { run: run.id });
      removeStaleChunkFiles(ledger, run.id);
    }
    const results = new ResultReader(ledger);
    try {
      await this.#answerRows(run, results);
      // In a pipeline rows are counted at its ends.
      if (!isStep) checkNoRowIsLost(counters);
      this.#parts.probe?.checkNoRowIsLost();
      const exitStatus = isStep ? EXIT.ok : exitStatusOf(counters);
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
    const { ledger, host } = this.#parts;
    const summary = host.step === undefined ? result.summary : host.step.summaryOf(result.summary);
    ledger.closeRun(run.id, { ...end, summary: stringifyWithUsd(summary) });
    return result;
  }

  async #answerRows(run: Run, results: ResultReader): Promise<void> {
    const { settings, host, stop, ledger, panel } = this.#parts;
    const { order } = settings;
    const addedColumns = this.#addedColumns();
    const { isTable, write } = await openGradedOutput({
      ...this.#parts,
      addedColumns,
      mixedColumns: this.#question.mixedColumns,
    });
    const Room = order === "input" ? InputOrderRoom : CompletionOrderRoom;
    await answerRows({
      ledger,
      run,
      waitingRoom: new Room(ledger, run),
      rows: await this.#rows(),
      guard: this.#guard(isTable),
      ...this.#steps(run),
      ...panel.asking(run, results),
      merge: this.#merge(run, results),
      write,
      stop,
      signal: host.signal,
    });
  }

  #merge(run: Run, results: ResultReader): Step<SettledRow, AnsweredRow> {
    const { settings, questions, ledger, panel, counters, labels, probe, scores } = this.#parts;
    const { outputField, meta: withMeta } = settings;
    const { endpoint, check } = this.#question;
    const { costOf, model: asked } = panel;
    const options = { ledger, results, endpoint, outputField, check, withMeta, costOf, counters };
    const merge = labelled(labels, createMerge({ ...options, scores, fanIn: this.#fanIn }));
    if (probe === undefined) return merge;
    // Its answers are combined by parts of their own, as those count.
    const { judges, orders } = fanInsOf(settings, questions);
    return probe.merged(createMerge({ ...options, fanIn: orders ?? judges }), merge, { ledger, run, asked });
  }

  /** The rows, after a look at how few they are where that decides how they are asked. */
  async #rows(): Promise<AsyncIterable<readonly Row[]>> {
    const { settings, source, modeSwitch, probe } = this.#parts;
    const before = (rows: AsyncIterable<readonly Row[]>) => (probe === undefined ? rows : probe.rows(rows));
    if (!goesByRows(settings, modeSwitch)) return before(source.rows());
    const { areFewer, rows } = await peekRows(source.rows(), settings.liveBelow);
    if (areFewer) modeSwitch.goLive();
    return before(rows);
  }

  #steps(run: Pick<Run, "id">) {
    const { settings, questions, provider, panel, probe } = this.#parts;
    const [{ render, endpoint, request }] = questions;
    const { count } = panel;
    const { samples = 1 } = settings;
    const [, ...others] = questions.flatMap(ordersOf);
    const options = { render, endpoint, settings: request, provider: provider.identity, samples, others };
    const build = createBuild(options);
    const halt = createHalt(failurePolicy(settings).halts);
    return {
      build: probe?.apart(createBuild({ ...options, occasion: probeOccasion(run) }), build) ?? build,
      count: (rows: Parameters<typeof count>[0]) => halt(count(rows)),
    };
  }

  #guard(isTable: boolean) {
    const { settings, probe } = this.#parts;
    const { outputField, meta } = settings;
    const addedFields = [...addedFieldNames(outputField, meta, this.#fanIn), ...(isTable ? this.#addedColumns() : [])];
    const guard = createGuard({ addedFields, columns: isTable ? () => this.#columns : undefined });
    return probe?.apart((rows) => rows, guard) ?? guard;
  }

  #addedColumns(): readonly string[] {
    const { outputField, meta } = this.#parts.settings;
    return [...this.#question.columns, ...extraColumns(outputField, meta, this.#fanIn)];
  }

  #result(run: Run | undefined, exitStatus: number, error: unknown): GradeResult {
    const { counters, provider, settings, host, panel, judges, orders, labels, probe, ledger, scores } = this.#parts;
    const summary = summarise(counters, {
      run: run?.id ?? null,
      provider: provider.name,
      model: panel.model,
      isDryRun: settings.dryRun,
      isPriced: panel.isPriced,
      seconds: (host.clock.now() - this.#startedAt) / 1000,
      exitStatus,
      scores: scores.distributions(),
      labels: settings.dryRun ? undefined : labels?.summary(),
      probe: run === undefined ? undefined : probe?.summary({ ledger, run }),
      judging: judges && !settings.dryRun ? judgingSummary(judges, counters) : undefined,
      pairs: settings.dryRun ? undefined : orders?.counts,
    });
    return { exitStatus, summary, error };
  }
}

/** What a row is asked by one judge: a pair in both orders. */
function ordersOf({ request: settings, render, renderSwapped }: Question) {
  const first = { settings, render };
  return renderSwapped === undefined ? [first] : [first, { settings, render: renderSwapped }];
}

/** As who a dry run asks the ledger. */
const NO_RUN = -1;
