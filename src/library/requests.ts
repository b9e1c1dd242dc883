import type { RequestBody } from "../core/records.ts";

/** A row and the request that asks about it. */
export interface RowRequest<Row> {
  readonly row: Row;
  /** The path it goes to, such as `/v1/chat/completions`. */
  readonly endpoint: string;
  readonly body: RequestBody;
}

/** With its estimated input tokens. */
export interface CountedRequest<Row> extends RowRequest<Row> {
  readonly tokens: number;
}

/** With the number, from 0, of the batch it would go into if none were answered yet. */
export interface ChunkedRequest<Row> extends CountedRequest<Row> {
  readonly chunk: number;
}

/** Why a row has no answer. */
export interface AnswerError {
  readonly code: string;
  readonly message: string;
}

/** What became of a row's request. */
export interface RequestResult<Row> {
  readonly row: Row;
  /** A string, or what the schema asks for; `null` when there is none. */
  readonly answer: unknown;
  readonly answer_error?: AnswerError;
  /** custom_id, batch_id, model, finish_reason, usage, cost_usd, attempts. */
  readonly answer_meta?: Readonly<Record<string, unknown>>;
}

/** A row with its answer in the field `Name`; if it has none, that is `null` and `Name_error` says why. */
export type Answered<Row, Name extends string = "grade"> = Row & { readonly [Field in Name]: unknown } & {
  readonly [Field in `${Name}_error`]?: AnswerError;
} & { readonly [Field in `${Name}_meta`]?: Readonly<Record<string, unknown>> };
