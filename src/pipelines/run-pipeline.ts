import { Counters } from "../core/counters.ts";
import { BgPipeError, EXIT } from "../core/errors.ts";
import { Handoff } from "../core/handoff.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { resolveInputs } from "../io/inputs.ts";
import { type Summary, summarise } from "../report/summary.ts";
import { RowSource } from "../stages/read.ts";
import type { GradeResult } from "./grade.ts";
import { failurePolicy } from "./halting.ts";
import { openRowsOutput } from "./outputs.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import { RowOutputs } from "./row-outputs.ts";
import type { RunHost } from "./settings.ts";
import { refuseSharedFields } from "./steps/answer-fields.ts";
import { Line } from "./steps/line.ts";
import type { PipelinePlan, PlannedBranch, PlannedOutput, PlannedStep } from "./steps/plan.ts";
import { answeredRowOf } from "./steps/row-text.ts";
import { TableColumns } from "./steps/table-columns.ts";

/**
 * Runs a pipeline: the rows of its inputs through its steps, one after the other, to its output; failed rows into the
 * branch for them, too. Steps pull from one another, so that rows stream and nothing but what waits on disk is held.
 *
 * @throws {BgPipeError} when it cannot begin; once it has begun, all that happens is in the result
 */
export async function runPipeline(plan: PipelinePlan, host: RunHost): Promise<GradeResult> {
  refuseSharedFields(plan.steps);
  const counters = host.counters ?? new Counters();
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const paths = await resolveInputs(plan.inputs);
  const { inputFormat: format, maxRecordBytes } = plan;
  const source = await RowSource.open({ paths, stdin: host.stdin, format, maxRecordBytes, counters, signal });
  return new PipelineRun(plan, { host: { ...host, counters, signal }, counters, source, stop }).run();
}

interface PipelineParts {
  readonly host: RunHost;
  readonly counters: Counters;
  readonly source: RowSource;
  /** Aborts the host's signal. */
  readonly stop: AbortController;
}

class PipelineRun {
  readonly #plan: PipelinePlan;
  readonly #parts: PipelineParts;
  readonly #main: Line;
  readonly #branch: Line;
  readonly #startedAt: number;

  constructor(plan: PipelinePlan, parts: PipelineParts) {
    this.#plan = plan;
    this.#parts = parts;
    const { host, source } = parts;
    const asking = [...plan.steps, ...(plan.errors?.steps ?? [])].filter(({ kind }) => kind === "ask");
    const line = { host, format: source.format, pipeline: plan.name, isAlone: asking.length < 2 };
    this.#main = new Line({ ...line, halts: failurePolicy(plan).halts });
    this.#branch = new Line({ ...line, halts: () => false });
    this.#startedAt = host.clock.now();
  }

  async run(): Promise<GradeResult> {
    const { counters, stop } = this.#parts;
    try {
      await this.#flow();
      checkNoRowIsLost(counters, this.#main.dropped);
      return this.#result(exitStatusOf(counters), undefined);
    } catch (error) {
      stop.abort(error);
      return this.#result(error instanceof BgPipeError ? error.exitStatus : EXIT.bug, error);
    } finally {
      await Promise.all([this.#main.close(), this.#branch.close()]);
    }
  }

  async #flow(): Promise<void> {
    const { output, steps, errors } = this.#plan;
    const { source, counters } = this.#parts;
    const rows = this.#main.through(source.rows(), steps);
    const end = { output, steps, counters, ...failurePolicy(this.#plan) };
    if (errors === undefined) return this.#write(rows, end);
    const failed = new Handoff<readonly Row[]>(this.#parts.host.signal);
    const branch = this.#rescue(failed, errors);
    // It may end while the other is at work, which its failure stops; it is awaited below.
    branch.catch(() => {});
    try {
      await this.#write(copyFailed(rows, failed), end);
      failed.end();
    } catch (error) {
      failed.fail(error);
      await branch.catch(() => {});
      throw error;
    }
    await branch;
  }

  /** The branch of failed rows. What fails there ends the whole. */
  async #rescue(failed: AsyncIterable<readonly Row[]>, { steps, output }: PlannedBranch): Promise<void> {
    const counters = new Counters();
    try {
      const before = this.#plan.steps;
      const rows = this.#branch.through(asNew(failed, counters), steps);
      await this.#write(rows, { output, steps: [...before, ...steps], counters, ...KEEP });
      checkNoRowIsLost(counters, this.#branch.dropped);
    } catch (error) {
      this.#parts.stop.abort(error);
      throw error;
    }
  }

  async #write(
    rows: AsyncIterable<readonly Row[]>,
    { output, steps, counters, onError, halts }: LineEnd,
  ): Promise<void> {
    const { host, source } = this.#parts;
    const opened = await openRowsOutput(output, { paths: [], format: source.format }, host);
    const columns = opened.format.isTable ? await TableColumns.of(steps, host.data) : undefined;
    const outputs = new RowOutputs({
      source: columns ?? source,
      rows: opened,
      errors: undefined,
      addedFields: [],
      addedColumns: columns?.added ?? [],
      onError,
      halts,
      counters,
      signal: host.signal,
    });
    await outputs.write(columns?.apart(rows, () => source.columns) ?? answered(rows));
  }

  #result(exitStatus: number, error: unknown): GradeResult {
    const { counters, host } = this.#parts;
    const { run } = counters;
    const counts = [...this.#main.counts, ...this.#branch.counts];
    const models = [...new Set(counts.flatMap(({ model }) => model ?? []))];
    const summary = summarise(counters, {
      run: counts.find(({ run: id }) => id !== null)?.run ?? null,
      provider: run?.provider ?? "none",
      model: models.length === 0 ? (run?.model ?? "none") : models.join(", "),
      isDryRun: false,
      isPriced: run?.isPriced ?? true,
      seconds: (host.clock.now() - this.#startedAt) / 1000,
      exitStatus,
    });
    return { exitStatus, summary: { ...summary, steps: counts.map(stepOf) }, error };
  }
}

/** How a line of steps ends. */
interface LineEnd extends ReturnType<typeof failurePolicy> {
  readonly output: PlannedOutput;
  /** All that its rows have been through. */
  readonly steps: readonly PlannedStep[];
  readonly counters: Counters;
}

const KEEP = failurePolicy({ onError: "keep" });

function stepOf({ label, ...count }: Line["counts"][number]): NonNullable<Summary["steps"]>[number] {
  return { step: label, ...count };
}

async function* answered(source: AsyncIterable<readonly Row[]>): AsyncGenerator<readonly AnsweredRow[]> {
  for await (const rows of source) yield rows.map(answeredRowOf);
}

async function* copyFailed(source: AsyncIterable<readonly Row[]>, failed: Handoff<readonly Row[]>) {
  for await (const rows of source) {
    const some = rows.filter((row) => row.kind === "bad" || row.failure !== undefined);
    if (some.length > 0) await failed.put(some);
    yield rows;
  }
}

/** Failed rows as rows that nothing has happened to yet. */
async function* asNew(source: AsyncIterable<readonly Row[]>, counters: Counters): AsyncGenerator<readonly Row[]> {
  for await (const rows of source) {
    counters.rowsRead += rows.length;
    yield rows.map((row): Row => {
      if (row.kind === "bad") return row;
      const { failure: _, ...fresh } = row;
      return fresh;
    });
  }
}
