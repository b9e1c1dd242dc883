import { createHash } from "node:crypto";
import { Counters } from "../core/counters.ts";
import { BgPipeError, EXIT, HaltError } from "../core/errors.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { load } from "../core/registry.ts";
import { endpoints } from "../endpoints/index.ts";
import { resolveInputs } from "../io/inputs.ts";
import { removeStaleChunkFiles } from "../ledger/chunk-file.ts";
import { FirstPlaces } from "../ledger/first-places.ts";
import type { Run, RunEnd } from "../ledger/ledger.ts";
import { ResultReader } from "../ledger/result-reader.ts";
import { CompletionOrderRoom, InputOrderRoom } from "../ledger/waiting-room.ts";
import { stringifyWithUsd } from "../pricing/usd-json.ts";
import { summarise } from "../report/summary.ts";
import { createHalt } from "../stages/halt.ts";
import { RowSource } from "../stages/read.ts";
import { createTag } from "../stages/tag.ts";
import { createTake, modelOf } from "../stages/take.ts";
import { write } from "../stages/write.ts";
import { answerRows } from "./answer-rows.ts";
import { runChunkLimits } from "./asking.ts";
import type { GradeResult } from "./grade.ts";
import { failurePolicy } from "./halting.ts";
import { type DeskOptions, ModelDesks } from "./model-desks.ts";
import { ModelsAsking } from "./models-asking.ts";
import { openLedger, openProvider, runLabel } from "./open-run.ts";
import { openErrorsLines, openLinesOutput, outputFiles } from "./outputs.ts";
import { planRows } from "./plan-rows.ts";
import { openRequestLines, type RequestLines } from "./request-lines.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/**
 * The submit pipeline: files of requests, of any size and from anywhere, by way of the Batch API to their result lines,
 * each under the `custom_id` of its own file. It is `grade` without rows: same ledger, same limits, same ends.
 *
 * @throws {BgPipeError} when the run cannot begin; once it has begun, all that happens is in the result
 */
export async function submitRequests(settings: GradeSettings, host: RunHost): Promise<GradeResult> {
  const paths = await resolveInputs(settings.inputs);
  const counters = host.counters ?? new Counters();
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const stoppable = { ...host, signal };
  const provider = await openProvider(settings, stoppable, counters);
  const { maxRecordBytes } = settings;
  const source = await RowSource.open({ ...stoppable, paths, format: "jsonl", maxRecordBytes, counters });
  const lines = await openRequestLines(source.rows());
  const ledger = await openLedger(settings, host);
  const places = new FirstPlaces();
  try {
    const endpoint = await load("endpoint", endpoints, lines.first?.endpoint ?? "/v1/chat/completions");
    const model = lines.first?.model ?? "";
    counters.run = { pipeline: "submit", provider: provider.name, model, isPriced: true };
    const parts = { settings, host: stoppable, provider, endpoint, ledger, counters };
    const job = new SubmitJob({ ...parts, stop, lines, places });
    return await (settings.dryRun ? job.plan() : job.run());
  } finally {
    places.close();
    ledger.close();
    await provider.close();
  }
}

interface SubmitParts extends DeskOptions {
  /** Aborts the host's signal. */
  readonly stop: AbortController;
  readonly lines: RequestLines;
  readonly places: FirstPlaces;
}

/** One execution, with all its parts at hand. */
class SubmitJob {
  readonly #parts: SubmitParts;
  readonly #desks: ModelDesks;
  readonly #startedAt: number;

  constructor(parts: SubmitParts) {
    this.#parts = parts;
    this.#desks = new ModelDesks(parts);
    this.#startedAt = parts.host.clock.now();
  }

  async plan(): Promise<GradeResult> {
    const { settings, host, endpoint, ledger, counters, lines } = this.#parts;
    const run = { id: NO_RUN, freshSince: settings.fresh ? host.clock.now() : 0 };
    if (lines.first === undefined) return this.#result(undefined, EXIT.ok, undefined);
    const { build, count } = this.#steps();
    const limits = runChunkLimits((await this.#desks.open(lines.first.model)).parts);
    const { estimate, overheadTokens } = this.#desks;
    const rows = prepared(lines.rows, this.#desks);
    const steps = (some: readonly Row[]) => count(build(some));
    await planRows({ rows, steps, ledger, run, endpoint: endpoint.path, limits, overheadTokens, counters, estimate });
    return this.#result(undefined, EXIT.ok, undefined);
  }

  async run(): Promise<GradeResult> {
    const { ledger, settings, host, counters, lines } = this.#parts;
    const signature = this.#signature();
    const label = runLabel(settings, lines.first?.model ?? "no model");
    const files = await outputFiles(settings);
    const run = ledger.openRun({ pipeline: "submit", label, signature, isFresh: settings.fresh, files });
    if (run.isTakenOver) {
      host.log.debug("going on from an earlier, unfinished run", { run: run.id });
      removeStaleChunkFiles(ledger, run.id);
    }
    const results = new ResultReader(ledger);
    try {
      await this.#answer(run, results);
      checkNoRowIsLost(counters);
      return this.#close(run, { exitStatus: exitStatusOf(counters), isFinished: true }, undefined);
    } catch (error) {
      const exitStatus = error instanceof BgPipeError ? error.exitStatus : EXIT.bug;
      return this.#close(run, { exitStatus, isFinished: error instanceof HaltError }, error);
    } finally {
      results.close();
    }
  }

  async #answer(run: Run, results: ResultReader): Promise<void> {
    const { settings, host, stop, endpoint, ledger, counters, lines } = this.#parts;
    if (lines.first === undefined) return this.#write(noRows());
    const asking = new ModelsAsking(this.#desks, this.#parts, { run, results });
    const options = await asking.options(lines.first.model);
    for (const { model } of ledger.openChunks(run.id)) await asking.open(model);
    const Room = settings.order === "input" ? InputOrderRoom : CompletionOrderRoom;
    const { costOf } = this.#desks;
    await answerRows({
      ledger,
      run,
      waitingRoom: new Room(ledger, run),
      rows: prepared(lines.rows, asking),
      guard: (rows) => rows,
      ...this.#steps(),
      ...options,
      merge: createTag({ ledger, results, endpoint, withMeta: settings.meta, costOf, counters }),
      write: (rows) => this.#write(rows),
      stop,
      signal: host.signal,
    });
  }

  async #write(rows: AsyncIterable<readonly AnsweredRow[]>): Promise<void> {
    const { settings, host, counters } = this.#parts;
    const output = await openLinesOutput(settings, host);
    const errors = await openErrorsLines(settings);
    await write(rows, {
      rows: output.sink(NO_COLUMNS),
      errors: errors?.sink(NO_COLUMNS),
      ...failurePolicy(settings),
      counters,
      signal: host.signal,
    });
  }

  #steps() {
    const { settings, provider, endpoint, places } = this.#parts;
    const take = createTake({ provider: provider.identity, endpoint: endpoint.path, places });
    const halt = createHalt(failurePolicy(settings).halts);
    const { count } = this.#desks;
    return { build: take, count: (rows: Parameters<typeof count>[0]) => halt(count(rows)) };
  }

  #close(run: Run, end: RunEnd, error: unknown): GradeResult {
    const result = this.#result(run, end.exitStatus, error);
    this.#parts.ledger.closeRun(run.id, { ...end, summary: stringifyWithUsd(result.summary) });
    return result;
  }

  /** Equal for executions of the same command over inputs of the same names. */
  #signature(): string {
    const { settings, provider, endpoint } = this.#parts;
    const { inputs, output, errors, order, onError, haltOn, fresh } = settings;
    const said = { inputs, output, errors, order, onError, haltOn, fresh };
    const asked = { provider: provider.identity, endpoint: endpoint.path };
    return createHash("sha256")
      .update(JSON.stringify({ pipeline: "submit", said, asked }))
      .digest("hex");
  }

  #result(run: Run | undefined, exitStatus: number, error: unknown): GradeResult {
    const { counters, provider, settings, host } = this.#parts;
    const summary = summarise(counters, {
      run: run?.id ?? null,
      provider: provider.name,
      model: this.#desks.models.join(", "),
      isDryRun: settings.dryRun,
      isPriced: this.#desks.isPriced,
      seconds: (host.clock.now() - this.#startedAt) / 1000,
      exitStatus,
    });
    return { exitStatus, summary, error };
  }
}

/** As who a dry run asks the ledger. */
const NO_RUN = -1;
const NO_COLUMNS = { columns: [], addedColumns: [] };

async function* noRows(): AsyncGenerator<readonly AnsweredRow[]> {}

/** The rows, with their models prepared before they go on. */
async function* prepared(
  rows: AsyncIterable<readonly Row[]>,
  models: { open(model: string): Promise<unknown> },
): AsyncGenerator<readonly Row[]> {
  for await (const some of rows) {
    const names = new Set(some.flatMap((row) => (row.kind === "row" ? (modelOf(row) ?? []) : [])));
    for (const name of names) await models.open(name);
    yield some;
  }
}
