import type { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import { triedSoOften } from "../core/failures.ts";
import { type OwnResult, ownResultLine, type ResultMarks } from "../core/own-result-line.ts";
import type { AnsweredRow, BadRow, Failure, TextRow, Usage } from "../core/records.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import type { SettledRow, SettledState } from "../ledger/waiting-room.ts";
import { readResultLine } from "../providers/result-line.ts";

export interface TagOptions {
  readonly ledger: Ledger;
  readonly results: ResultReader;
  readonly endpoint: Endpoint;
  /** Whether lines say their batch and attempts, too. */
  readonly withMeta: boolean;
  /** What a reply to a request of a chunk has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf: (chunk: Chunk, usage: Usage) => bigint | undefined;
  readonly counters: Counters;
}

/**
 * The tag stage: settled requests to the provider's result lines, each under the `custom_id` that its own file gave it.
 * Rows are those of the take stage.
 */
export function createTag(options: TagOptions): (rows: readonly SettledRow[]) => readonly AnsweredRow[] {
  const tag = new Tag(options);
  return (rows) => rows.map((row) => tag.line(row));
}

class Tag {
  readonly #options: TagOptions;

  constructor(options: TagOptions) {
    this.#options = options;
  }

  line(settled: SettledRow): AnsweredRow {
    if ("parts" in settled) throw new InternalError("a line of requests is one request");
    const { row } = settled;
    if ("failure" in settled) return lineOf(row, { ...this.#marks(), failure: failureOf(row, settled.failure) });
    const { state } = settled;
    const line = state.result && this.#options.results.read(state.result);
    const result = { ...this.#marks(state), ...(line === undefined ? {} : { line }) };
    if (state.kind === "failed") return lineOf(row, { ...result, failure: triedSoOften(state) });
    this.#countCost(state, line ?? "");
    return lineOf(row, result);
  }

  #marks(state?: SettledState): { readonly marks?: ResultMarks } {
    if (!this.#options.withMeta) return {};
    const chunk = state === undefined ? undefined : this.#chunkOf(state);
    return { marks: { batchId: chunk?.batchId ?? null, attempts: state?.attempts ?? 0 } };
  }

  #chunkOf(state: SettledState): Chunk | undefined {
    const { ledger } = this.#options;
    const id = state.kind === "failed" ? state.chunkId : ledger.resultFile(state.result.fileId).chunkId;
    return id === undefined ? undefined : ledger.chunk(id);
  }

  /** What the row would have cost by itself. */
  #countCost(state: SettledState, text: string): void {
    const { endpoint, costOf, counters } = this.#options;
    const line = readResultLine(text);
    const usage = line?.kind === "response" ? endpoint.readAnswer(line.body)?.usage : undefined;
    const chunk = this.#chunkOf(state);
    if (chunk !== undefined && usage !== undefined) counters.costOfRows += costOf(chunk, usage) ?? 0n;
  }
}

function lineOf(row: TextRow | BadRow, result: Omit<OwnResult, "customId">): AnsweredRow {
  const customId = row.kind === "bad" ? null : JSON.parse(row.text).custom_id;
  const text = ownResultLine({ ...result, customId });
  const { failure } = result;
  return {
    row: { kind: "row", position: row.position, text },
    added: [],
    ...(failure === undefined ? {} : { failure }),
  };
}

function failureOf(row: TextRow | BadRow, failure: Failure): NonNullable<OwnResult["failure"]> {
  return row.kind === "bad" ? { ...failure, line: row.position.line, raw: row.raw } : failure;
}
