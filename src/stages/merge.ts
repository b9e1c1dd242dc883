import {
  failedRow,
  META_FIELDS,
  type Meta,
  metaField,
  sumOfUsage,
  type WrittenAnswer,
  writtenAnswer,
} from "../core/added-answer.ts";
import type { FanIn, PartOutcome } from "../core/combine.ts";
import type { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import { triedSoOften } from "../core/failures.ts";
import { spliceFields } from "../core/json-text.ts";
import { customIdOf, keyOf } from "../core/keys.ts";
import type { Mode } from "../core/mode.ts";
import type { AddedField, AnsweredRow, Usage } from "../core/records.ts";
import type { ScoreTally } from "../core/scores/score-tally.ts";
import type { AnswerCheck } from "../core/verdicts.ts";
import type { Endpoint, ModelAnswer } from "../endpoints/endpoint.ts";
import type { Chunk, Ledger, ResultLocation } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import type { SettledPart, SettledRow, SettledState } from "../ledger/waiting-room.ts";
import { usdInJson } from "../pricing/usd-json.ts";
import { readResultLine } from "../providers/result-line.ts";

export interface MergeOptions {
  readonly ledger: Ledger;
  readonly results: ResultReader;
  readonly endpoint: Endpoint;
  /** The field the answer goes into; failures go into NAME_error, what is known beside into NAME_meta. */
  readonly outputField: string;
  /** Reads answers as the schema asks for them; undefined where they are plain text. */
  readonly check: AnswerCheck | undefined;
  readonly withMeta: boolean;
  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (usage: Usage, mode: Mode, model: string) => bigint | undefined;
  readonly counters: Counters;
  /** Counts the values of answers that follow a schema. */
  readonly scores?: Pick<ScoreTally, "add">;
  /** Makes one answer of those to a row that was asked several times; needed where there are such rows. */
  readonly fanIn?: FanIn | undefined;
}

/** Fields that the merge stage may add, in the order in which it adds them. */
export function addedFieldNames(
  outputField: string,
  withMeta: boolean,
  { fields }: Pick<FanIn, "fields"> = { fields: [] },
): readonly string[] {
  return [outputField, `${outputField}_error`, ...fields, ...(withMeta ? [`${outputField}_meta`] : [])];
}

/** The columns in a table of what is added beside the answer. */
export function extraColumns(
  outputField: string,
  withMeta: boolean,
  fanIn?: Pick<FanIn, "columns">,
): readonly string[] {
  const errors = ["code", "message"].map((name) => `${outputField}_error.${name}`);
  const columns = [...errors, ...(fanIn?.columns ?? [])];
  const meta = fanIn === undefined ? META_FIELDS : [...META_FIELDS, ANSWERS];
  return withMeta ? [...columns, ...meta.map((name) => `${outputField}_meta.${name}`)] : columns;
}

/** What `NAME_meta` says of each request of a row that was asked several times. */
const ANSWERS = "answers";

/** The merge stage: settled rows to rows with their answers, read where they lie in the result files. */
export function createMerge(options: MergeOptions): (rows: readonly SettledRow[]) => readonly AnsweredRow[] {
  const merge = new Merge(options);
  return (rows) => rows.map((row) => merge.answer(row));
}

class Merge {
  readonly #options: MergeOptions;
  #lastFile: { readonly id: number; readonly chunk: Chunk } | undefined;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  answer(settled: SettledRow): AnsweredRow {
    if ("parts" in settled) return this.#combined(settled);
    const { row } = settled;
    const { outcome, meta, isRepaired } = this.#part(settled);
    const beside = meta === undefined ? [] : [metaField(this.#options.outputField, meta)];
    return this.#answered(row, outcome, { beside, isKnown: isKnown(settled), isRepaired });
  }

  #combined({ row, parts }: SettledRow & { readonly parts: readonly SettledPart[] }): AnsweredRow {
    const { fanIn } = this.#options;
    if (fanIn === undefined) throw new InternalError("a row was asked several times, and nothing combines it");
    const read = parts.map((part) => this.#part(part));
    const { beside, ...outcome } = fanIn.combine(read.map((part) => part.outcome));
    const meta = this.#options.withMeta ? [this.#metaOfAll(read, fanIn)] : [];
    const isRepaired = read.some((part) => part.isRepaired === true);
    return this.#answered(row, outcome, { beside: [...beside, ...meta], isKnown: parts.every(isKnown), isRepaired });
  }

  #answered(row: AnsweredRow["row"], outcome: PartOutcome, { beside, ...marks }: Beside): AnsweredRow {
    const { outputField, check, scores } = this.#options;
    if ("failure" in outcome) return failedRow(row, outcome.failure, outputField, beside);
    if (check !== undefined) scores?.add(outcome.json);
    const added = [{ name: outputField, json: outcome.json }, ...beside];
    return {
      row,
      added,
      ...(marks.isKnown && { isKnown: true as const }),
      ...(marks.isRepaired === true && { isRepaired: true as const }),
    };
  }

  /** The outcome of one request, and what is to be known of it. */
  #part(part: SettledPart): ReadPart {
    if ("failure" in part) return { outcome: part, meta: undefined, cost: undefined };
    const { key, state } = part;
    if (state.kind === "failed") {
      const billed = state.result === undefined ? undefined : this.#read(key, state.result);
      return { outcome: { failure: triedSoOften(state) }, ...this.#meta(part, billed) };
    }
    const answer = this.#read(key, state.result);
    const written = writtenAnswer(answer, this.#options.check);
    const meta = this.#meta(part, answer, written);
    this.#options.counters.costOfRows += meta.cost ?? 0n;
    return { outcome: { json: written.json }, ...meta, isRepaired: written.repaired !== undefined };
  }

  #read(key: string, result: ResultLocation): ModelAnswer {
    const { results, endpoint } = this.#options;
    const line = readResultLine(results.read(result));
    const answer = line?.kind === "response" ? endpoint.readAnswer(line.body) : undefined;
    if (answer === undefined || line === undefined || !this.#isReplyTo(key, line.customId, result)) {
      throw new InternalError(`the ledger's answer to ${customIdOf(key)} is not where it should be`);
    }
    return answer;
  }

  /** A request that was asked with a reason was sent under another key. */
  #isReplyTo(key: string, customId: string, { fileId }: ResultLocation): boolean {
    if (customId === customIdOf(key)) return true;
    const { ledger } = this.#options;
    return ledger.askedKey(ledger.resultFile(fileId).chunkId, keyOf(customId) ?? "") === key;
  }

  #batchOf(state: SettledState): string | null {
    const { ledger } = this.#options;
    const chunkId = state.kind === "failed" ? state.chunkId : ledger.resultFile(state.result.fileId).chunkId;
    return chunkId === undefined ? null : ledger.chunk(chunkId).batchId;
  }

  #costOf({ result }: SettledState, answer: ModelAnswer | undefined): bigint | undefined {
    if (answer?.usage === undefined || result === undefined) return undefined;
    const { mode, model } = this.#chunkOf(result);
    return this.#options.costOf(answer.usage, mode, model);
  }

  /** Neighbours mostly lie in the same file. */
  #chunkOf({ fileId }: ResultLocation): Chunk {
    if (this.#lastFile?.id === fileId) return this.#lastFile.chunk;
    const { ledger } = this.#options;
    const chunk = ledger.chunk(ledger.resultFile(fileId).chunkId);
    this.#lastFile = { id: fileId, chunk };
    return chunk;
  }

  #meta(
    { key, state }: AskedPart,
    answer: ModelAnswer | undefined,
    written?: WrittenAnswer,
  ): Omit<ReadPart, "outcome"> {
    const cost = this.#costOf(state, answer);
    if (!this.#options.withMeta) return { meta: undefined, cost };
    const meta = {
      custom_id: customIdOf(key),
      batch_id: this.#batchOf(state),
      model: answer?.model ?? null,
      finish_reason: answer?.finishReason ?? null,
      usage: answer?.usage ?? null,
      cost_usd: usdInJson(cost),
      attempts: state.attempts,
      ...(written?.repaired && { repaired: written.repaired }),
      ...(answer?.logprobs && { logprobs: answer.logprobs }),
    };
    return { meta, cost };
  }

  /** Sums where there are sums; what differs from request to request stands with each. */
  #metaOfAll(parts: readonly ReadPart[], { labels }: FanIn): AddedField {
    const costs = parts.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
    const metas = parts.flatMap(({ meta }) => (meta === undefined ? [] : [meta]));
    const models = new Set(metas.flatMap(({ model }) => (model === null ? [] : [model])));
    const { name, json } = metaField(this.#options.outputField, {
      custom_id: null,
      batch_id: null,
      model: models.size === 1 ? [...models][0] : null,
      finish_reason: null,
      usage: sumOfUsage(metas.flatMap(({ usage }) => (usage === null ? [] : [usage]))),
      cost_usd: usdInJson(costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost)),
      attempts: metas.reduce((sum, { attempts }) => sum + (attempts ?? 0), 0),
    });
    const answers = parts.map((part, index) => answerText(part, labels[index]));
    return { name, json: spliceFields(json, [{ name: ANSWERS, json: `[${answers.join()}]` }]) };
  }
}

/** One of `NAME_meta.answers`, spelled as the model spelled it. */
function answerText({ outcome, meta }: ReadPart, label: FanIn["labels"][number] | undefined): string {
  const isFailed = "failure" in outcome;
  const json = isFailed ? JSON.stringify(outcome.failure) : outcome.json;
  return spliceFields(JSON.stringify({ ...label, ...meta }), [{ name: isFailed ? "error" : "answer", json }]);
}

type AskedPart = Extract<SettledPart, { key: string }>;

interface ReadPart {
  readonly outcome: PartOutcome;
  /** Undefined for a request that was not made, and where no meta is asked for. */
  readonly meta: Meta | undefined;
  /** Pico-dollars. */
  readonly cost: bigint | undefined;
  readonly isRepaired?: boolean;
}

/** What comes with a row's outcome. */
interface Beside {
  readonly beside: readonly AddedField[];
  readonly isKnown: boolean;
  readonly isRepaired: boolean | undefined;
}

function isKnown(part: SettledPart): boolean {
  return "key" in part && part.isKnown === true;
}
