import type { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import { compact } from "../core/json-text.ts";
import { customIdOf, keyOf } from "../core/keys.ts";
import type { AddedField, AnsweredRow, BadRow, Failure, TextRow, Usage } from "../core/records.ts";
import type { Endpoint, ModelAnswer } from "../endpoints/endpoint.ts";
import type { Ledger, ResultLocation } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import type { SettledRow, SettledState } from "../ledger/waiting-room.ts";
import { usdInJson } from "../pricing/usd-json.ts";
import { readResultLine } from "../providers/result-line.ts";

export interface MergeOptions {
  readonly ledger: Ledger;
  readonly results: ResultReader;
  readonly endpoint: Endpoint;
  /** The field the answer goes into; failures go into NAME_error, what is known beside into NAME_meta. */
  readonly outputField: string;
  /** Whether answers are JSON, as a schema asks for, and not plain text. */
  readonly isJson: boolean;
  readonly withMeta: boolean;
  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (usage: Usage) => bigint | undefined;
  readonly counters: Counters;
}

/** Fields that the merge stage may add, in the order in which it adds them. */
export function addedFieldNames(outputField: string, withMeta: boolean): readonly string[] {
  return [outputField, `${outputField}_error`, ...(withMeta ? [`${outputField}_meta`] : [])];
}

/** The columns of `NAME_error` and `NAME_meta` in a table. */
export function extraColumns(outputField: string, withMeta: boolean): readonly string[] {
  const errors = ["code", "message"].map((name) => `${outputField}_error.${name}`);
  return withMeta ? [...errors, ...META_FIELDS.map((name) => `${outputField}_meta.${name}`)] : errors;
}

const META_FIELDS = ["custom_id", "batch_id", "model", "finish_reason", "usage", "cost_usd", "attempts"] as const;

/** The merge stage: settled rows to rows with their answers, read where they lie in the result files. */
export function createMerge(options: MergeOptions): (rows: readonly SettledRow[]) => readonly AnsweredRow[] {
  const merge = new Merge(options);
  return (rows) => rows.map((row) => merge.answer(row));
}

class Merge {
  readonly #options: MergeOptions;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  answer(settled: SettledRow): AnsweredRow {
    if ("failure" in settled) return this.#failed(settled.row, settled.failure, []);
    const { row, key, state } = settled;
    const meta = (answer?: ModelAnswer) => this.#meta(key, state, answer);
    if (state.kind === "failed") {
      const billed = state.result === undefined ? undefined : this.#read(key, state.result);
      return this.#failed(row, triedSoOften(state), meta(billed));
    }
    const answer = this.#read(key, state.result);
    if (answer.usage !== undefined) this.#options.counters.costOfRows += this.#options.costOf(answer.usage) ?? 0n;
    const added = [{ name: this.#options.outputField, json: this.#json(answer) }, ...meta(answer)];
    return settled.isKnown === true ? { row, added, isKnown: true } : { row, added };
  }

  #failed(row: TextRow | BadRow, failure: Failure, meta: readonly AddedField[]): AnsweredRow {
    const { outputField } = this.#options;
    const details = row.kind === "bad" ? { ...failure, line: row.position.line, raw: row.raw } : failure;
    const error = { name: `${outputField}_error`, json: JSON.stringify(details), isDetail: true } as const;
    return { row, failure, added: [{ name: outputField, json: "null" }, error, ...meta] };
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

  #json(answer: ModelAnswer): string {
    if (answer.embedding !== undefined) return JSON.stringify(answer.embedding);
    return this.#options.isJson ? compact(answer.text ?? "null") : JSON.stringify(answer.text ?? "");
  }

  #batchOf(state: SettledState): string | null {
    const { ledger } = this.#options;
    const chunkId = state.kind === "failed" ? state.chunkId : ledger.resultFile(state.result.fileId).chunkId;
    return chunkId === undefined ? null : ledger.chunk(chunkId).batchId;
  }

  #meta(key: string, state: SettledState, answer: ModelAnswer | undefined): readonly AddedField[] {
    if (!this.#options.withMeta) return [];
    const meta: Record<(typeof META_FIELDS)[number], unknown> = {
      custom_id: customIdOf(key),
      batch_id: this.#batchOf(state),
      model: answer?.model ?? null,
      finish_reason: answer?.finishReason ?? null,
      usage: answer?.usage ?? null,
      cost_usd: usdInJson(answer?.usage && this.#options.costOf(answer.usage)),
      attempts: state.attempts,
    };
    return [{ name: `${this.#options.outputField}_meta`, json: JSON.stringify(meta) }];
  }
}

function triedSoOften({ failure, attempts }: SettledState & { kind: "failed" }): Failure {
  return attempts > 1 ? { ...failure, message: `${failure.message} (asked ${attempts} times)` } : failure;
}
