import { failedRow, META_FIELDS, metaField, type WrittenAnswer, writtenAnswer } from "../core/added-answer.ts";
import type { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import { triedSoOften } from "../core/failures.ts";
import { customIdOf, keyOf } from "../core/keys.ts";
import type { Mode } from "../core/mode.ts";
import type { AddedField, AnsweredRow, Usage } from "../core/records.ts";
import type { AnswerCheck } from "../core/verdicts.ts";
import type { Endpoint, ModelAnswer } from "../endpoints/endpoint.ts";
import type { Chunk, Ledger, ResultLocation } from "../ledger/ledger.ts";
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
  /** Reads answers as the schema asks for them; undefined where they are plain text. */
  readonly check: AnswerCheck | undefined;
  readonly withMeta: boolean;
  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (usage: Usage, mode: Mode, model: string) => bigint | undefined;
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
    const { outputField, check, counters } = this.#options;
    if ("failure" in settled) return failedRow(settled.row, settled.failure, outputField);
    const { row, key, state } = settled;
    const meta = (answer?: ModelAnswer, written?: WrittenAnswer) => this.#meta(key, state, { answer, written });
    if (state.kind === "failed") {
      const billed = state.result === undefined ? undefined : this.#read(key, state.result);
      return failedRow(row, triedSoOften(state), outputField, meta(billed));
    }
    const answer = this.#read(key, state.result);
    counters.costOfRows += this.#costOf(state, answer) ?? 0n;
    const written = writtenAnswer(answer, check);
    if (written.repaired !== undefined) counters.rowsRepaired++;
    const added = [{ name: outputField, json: written.json }, ...meta(answer, written)];
    return settled.isKnown === true ? { row, added, isKnown: true } : { row, added };
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

  #meta(key: string, state: SettledState, { answer, written }: KnownAnswer): readonly AddedField[] {
    if (!this.#options.withMeta) return [];
    const meta = {
      custom_id: customIdOf(key),
      batch_id: this.#batchOf(state),
      model: answer?.model ?? null,
      finish_reason: answer?.finishReason ?? null,
      usage: answer?.usage ?? null,
      cost_usd: usdInJson(this.#costOf(state, answer)),
      attempts: state.attempts,
      ...(written?.repaired && { repaired: written.repaired }),
      ...(answer?.logprobs && { logprobs: answer.logprobs }),
    };
    return [metaField(this.#options.outputField, meta)];
  }
}

/** What is known of an answer, and how it is written. */
interface KnownAnswer {
  readonly answer: ModelAnswer | undefined;
  readonly written: WrittenAnswer | undefined;
}
