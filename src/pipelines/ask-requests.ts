import { createHash } from "node:crypto";
import { Counters } from "../core/counters.ts";
import { BgPipeError, EXIT, HaltError } from "../core/errors.ts";
import { canonicalBody, requestKey } from "../core/keys.ts";
import type { AnsweredRow, Failure, RequestBody, RequestRow, Row } from "../core/records.ts";
import { removeStaleChunkFiles } from "../ledger/chunk-file.ts";
import type { Run } from "../ledger/ledger.ts";
import { ResultReader } from "../ledger/result-reader.ts";
import { CompletionOrderRoom, InputOrderRoom } from "../ledger/waiting-room.ts";
import { stringifyWithUsd } from "../pricing/usd-json.ts";
import type { Provider, ProviderSettings } from "../providers/provider.ts";
import { type Summary, summarise } from "../report/summary.ts";
import { createGuard } from "../stages/guard.ts";
import { createHalt } from "../stages/halt.ts";
import { createMerge } from "../stages/merge.ts";
import { answerRows } from "./answer-rows.ts";
import { type AskingParts, askingOptions } from "./asking.ts";
import { goesByRows, modeSwitchOf } from "./asking-mode.ts";
import { failurePolicy } from "./halting.ts";
import { openLedger, openProvider } from "./open-run.ts";
import { moneyOf } from "./panel.ts";
import { peekRows } from "./peek-rows.ts";
import type { Question } from "./question.ts";
import { checkNoRowIsLost, exitStatusOf } from "./row-balance.ts";
import type { GradeSettings, RunHost } from "./settings.ts";
import { StrategyRun } from "./strategy.ts";

/** A row with what is to be asked about it, or with why it is not. */
export type AskedRow =
  | { readonly row: Row; readonly body: RequestBody; readonly tokens: number }
  | { readonly row: Row; readonly failure: Failure };

export interface AskRequestsOptions {
  readonly settings: GradeSettings;
  readonly host: RunHost;
  readonly question: Question;
  /** Makes the provider, where it is not one of the registry. */
  readonly createProvider: ((settings: ProviderSettings) => Provider) | undefined;
  readonly rows: AsyncIterable<readonly AskedRow[]>;
  /** The fields that will be added to each row. */
  readonly addedFields: readonly string[];
  /** What the run is called, for people who look at the ledger; equal programs have equal names. */
  readonly name: string;
  /** Takes the rows: each with {@link ANSWER_FIELD} and what belongs to it. */
  readonly take: (rows: AsyncIterable<readonly AnsweredRow[]>) => Promise<void>;
}

/** How a run of {@link askRequests} ended. */
export interface AskedEnd {
  readonly summary: Summary;
  /** Why it ended early; undefined when it ran to its end. */
  readonly error: unknown;
}

/** The field that an answer is handed over in. */
export const ANSWER_FIELD = "answer";

/**
 * Asks requests that somebody else has made and takes their rows elsewhere: the middle of `grade`, over the same ledger.
 *
 * @throws {BgPipeError} when the run cannot begin; once it has begun, all that happens is in the result
 */
export async function askRequests(options: AskRequestsOptions): Promise<AskedEnd> {
  const { settings, question } = options;
  const stop = new AbortController();
  const host = { ...options.host, signal: AbortSignal.any([options.host.signal, stop.signal]) };
  const counters = host.counters ?? new Counters();
  const modeSwitch = modeSwitchOf(settings, host);
  const provider = await open({ ...options, host }, counters);
  const ledger = await openLedger(settings, host);
  const strategy = host.strategy && new StrategyRun(host.strategy);
  try {
    const { model } = question.request;
    const money = moneyOf({ settings, host, provider, ledger, modeSwitch }, model);
    counters.countScores(question.scores);
    counters.run = { pipeline: "library", provider: provider.name, model, isPriced: money.isPriced };
    const parts = { settings, host, question, provider, counters, ledger, money, modeSwitch, strategy };
    return await new AskJob(parts, options, stop).run();
  } finally {
    await strategy?.close();
    ledger.close();
    await provider.close();
  }
}

function open({ settings, host, createProvider }: AskRequestsOptions, counters: Counters): Promise<Provider> {
  if (createProvider === undefined) return openProvider(settings, host, counters);
  const { apiKey, isEmbedded, log, clock, signal } = host;
  const { baseUrl, keepRemote: keepsFiles } = settings;
  const onCall = (operation: string, code: string) => counters.apiCalls.add({ operation, code });
  return Promise.resolve(createProvider({ baseUrl, apiKey, isEmbedded, keepsFiles, onCall, log, clock, signal }));
}

/** One execution, with all its parts at hand. */
class AskJob {
  readonly #parts: AskingParts & { readonly question: Question };
  readonly #options: AskRequestsOptions;
  readonly #stop: AbortController;
  readonly #startedAt: number;
  /** Of rows between the source and the build step. */
  readonly #requests = new Map<Row, RequestRow>();

  constructor(
    parts: AskingParts & { readonly question: Question },
    options: AskRequestsOptions,
    stop: AbortController,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#stop = stop;
    this.#startedAt = parts.host.clock.now();
  }

  async run(): Promise<AskedEnd> {
    const { ledger, settings, question, counters } = this.#parts;
    const label = `${this.#options.name}, ${question.request.model}`;
    const signature = this.#signature();
    const run = ledger.openRun({ pipeline: "library", label, signature, isFresh: settings.fresh, files: [] });
    if (run.isTakenOver) removeStaleChunkFiles(ledger, run.id);
    const results = new ResultReader(ledger);
    try {
      await this.#answer(run, results);
      checkNoRowIsLost(counters);
      return this.#close(run, exitStatusOf(counters), undefined);
    } catch (error) {
      return this.#close(run, this.#statusOf(error), error);
    } finally {
      results.close();
    }
  }

  async #answer(run: Run, results: ResultReader): Promise<void> {
    const { settings, host, question, ledger, money, counters } = this.#parts;
    const { endpoint, check } = question;
    const Room = settings.order === "input" ? InputOrderRoom : CompletionOrderRoom;
    const halt = createHalt(failurePolicy(settings).halts);
    await answerRows({
      ledger,
      run,
      waitingRoom: new Room(ledger, run),
      rows: await this.#rows(),
      guard: createGuard({ addedFields: this.#options.addedFields, columns: undefined }),
      build: (rows) => rows.map((row) => this.#requestOf(row)),
      count: halt,
      ...askingOptions(this.#parts, { run, results }),
      merge: createMerge({
        ledger,
        results,
        endpoint,
        outputField: ANSWER_FIELD,
        check,
        withMeta: true,
        costOf: money.costOf,
        counters,
      }),
      write: (rows) => this.#options.take(this.#watched(rows)),
      stop: this.#stop,
      signal: host.signal,
    });
  }

  /** The rows, after a look at how few they are where that decides how they are asked. */
  async #rows(): Promise<AsyncIterable<readonly Row[]>> {
    const { settings, modeSwitch } = this.#parts;
    if (!goesByRows(settings, modeSwitch)) return this.#ownRows();
    const { areFewer, rows } = await peekRows(this.#ownRows(), settings.liveBelow);
    if (areFewer) modeSwitch.goLive();
    return rows;
  }

  async *#ownRows(): AsyncGenerator<readonly Row[]> {
    const { counters } = this.#parts;
    for await (const asked of this.#options.rows) {
      counters.rowsRead += asked.length;
      for (const one of asked) this.#requests.set(one.row, this.#keyed(one));
      yield asked.map(({ row }) => row);
    }
  }

  #keyed(asked: AskedRow): RequestRow {
    if ("failure" in asked) return asked;
    const { provider, question } = this.#parts;
    const { row, body, tokens } = asked;
    const bodyText = canonicalBody(body);
    const key = requestKey(provider.identity, question.endpoint.path, bodyText);
    return { row, request: { key, body, bodyText, tokens } };
  }

  #requestOf(row: Row): RequestRow {
    const request = this.#requests.get(row);
    this.#requests.delete(row);
    return request ?? { row, failure: { code: "bad_input", message: "the row was met twice" } };
  }

  /** Counts the rows that are handed over, and ends the run at a failed one where that is asked for. */
  async *#watched(rows: AsyncIterable<readonly AnsweredRow[]>): AsyncGenerator<readonly AnsweredRow[]> {
    const { counters, settings } = this.#parts;
    const { halts } = failurePolicy(settings);
    for await (const some of rows) {
      const failed = some.find(({ failure }) => failure !== undefined && halts(failure));
      if (failed?.failure !== undefined) throw new HaltError(failed.row.position, failed.failure);
      yield some;
      counters.rowsWritten += some.length;
      for (const row of some) counters.countOutcome(row);
    }
  }

  #statusOf(error: unknown): number {
    if (error instanceof BgPipeError) return error.exitStatus;
    return this.#options.host.signal.aborted ? EXIT.unfinished : EXIT.bug;
  }

  /** Equal for executions of the same program. */
  #signature(): string {
    const { settings, question, provider } = this.#parts;
    const { order, onError, fresh } = settings;
    const said = { name: this.#options.name, order, onError, fresh };
    const asked = { provider: provider.identity, endpoint: question.endpoint.path, request: question.request };
    const text = JSON.stringify({ pipeline: "library", said, asked });
    return createHash("sha256").update(text).digest("hex");
  }

  #close(run: Run, exitStatus: number, error: unknown): AskedEnd {
    const { ledger, counters, provider, question, host, money } = this.#parts;
    const summary = summarise(counters, {
      run: run.id,
      provider: provider.name,
      model: question.request.model,
      isDryRun: false,
      isPriced: money.isPriced,
      seconds: (host.clock.now() - this.#startedAt) / 1000,
      exitStatus,
    });
    const isFinished = error === undefined || error instanceof HaltError;
    ledger.closeRun(run.id, { exitStatus, isFinished, summary: stringifyWithUsd(summary) });
    return { summary, error };
  }
}
