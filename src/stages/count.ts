import type { RequestRow } from "../core/records.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import { TextCounter } from "../tokens/text-counter.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";

export interface CountOptions {
  readonly tokenizer: Tokenizer;
  readonly endpoint: Endpoint;
  /** The model's context window in tokens; a request with more is a failed row. Undefined when it is not known. */
  readonly contextWindow: number | undefined;
}

/** The count stage: each request with its estimated input tokens. */
export function createCount(options: CountOptions): (rows: readonly RequestRow[]) => readonly RequestRow[] {
  const counter = new TextCounter(options.tokenizer);
  return (rows) => rows.map((row) => countRow(row, options, counter));
}

function countRow(row: RequestRow, { endpoint, contextWindow }: CountOptions, counter: TextCounter): RequestRow {
  if (!("request" in row)) return row;
  const tokens = endpoint.promptTokens(row.request.body, (text) => counter.count(text));
  if (contextWindow !== undefined && tokens > contextWindow) {
    const message = `the request has ${tokens} tokens, the model's context window holds ${contextWindow}`;
    return { row: row.row, failure: { code: "too_long", message } };
  }
  return { row: row.row, request: { ...row.request, tokens } };
}
