/**
 * Every shape that flows between stages, on one page and in flow order.
 *
 * Rows travel in small arrays ("batches of rows", see batches.ts), never one by one and never bare:
 * a record that is `null` or cannot be parsed is a {@link BadRow}, so no value can end a stream early.
 */

/** Where a record stood in the input. */
export interface Position {
  /** The file as the user named it, or `-` for stdin. */
  readonly file: string;
  /** 1-based line on which the record starts (JSONL, CSV, TSV), or its 1-based number (JSON). */
  readonly line: number;
  /** Offset of the record's first byte in the decompressed input. */
  readonly byteOffset: number;
}

/** A record's values by field name, as the prompt templates see them. */
export type Fields = Readonly<Record<string, unknown>>;

/** One input record as it will be written out again. */
export interface TextRow {
  readonly kind: "row";
  readonly position: Position;
  /**
   * The record as a JSON object on one line, spelled as in the input: key order, numbers and escapes untouched.
   * A CSV record is written as an object of strings in header order.
   */
  readonly text: string;
  /** Whether it is asked to see how answers change, and not written out. */
  readonly isProbe?: true;
}

/** One input record as the reader hands it on: its text, and its values for the templates. */
export interface GoodRow extends TextRow {
  readonly fields: Fields;
  /** Why an earlier step of the pipeline has failed over it, so that it is asked nothing more. */
  readonly failure?: Failure;
}

/** A record that could not be read. It still becomes one output row. */
export interface BadRow {
  readonly kind: "bad";
  readonly position: Position;
  /** What is wrong, with the column where it is known. */
  readonly message: string;
  /** The record's text, clipped to {@link RAW_LIMIT_BYTES}. */
  readonly raw: string;
  readonly isProbe?: true;
}

export type Row = GoodRow | BadRow;

/** The longest piece of a bad record that is kept, in bytes of UTF-8. */
export const RAW_LIMIT_BYTES = 1024;

/** Why a row has no answer. The closed list of `grade_error.code`. */
export const FAILURE_CODES = [
  "bad_input",
  "missing_field",
  "too_long",
  "refused",
  "content_filter",
  "cut_off",
  "invalid_answer",
  "rejected",
  "rate_limited",
  "server_error",
  "expired",
  "cancelled",
  "missing_result",
  "budget_exceeded",
  "stage_failed",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** A row's or a request's failure, as the output row shows it. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
}

/** A request body as it goes over the wire. */
export type RequestBody = Readonly<Record<string, unknown>> & { readonly model: string };

/** One line for the provider. */
export interface Request {
  /** Hash of provider, endpoint and canonical body: equal requests are one request. See keys.ts. */
  readonly key: string;
  readonly body: RequestBody;
  /** The body as it goes over the wire, serialised once; what the key was made from. */
  readonly bodyText: string;
  /** Estimated input tokens; 0 until the count stage has run. */
  readonly tokens: number;
}

/**
 * A row on its way to an answer: with its request, or with the failure that keeps it from having one. A row that is
 * asked several times is several of these, neighbours in one array that share the row object.
 */
export type RequestRow =
  | { readonly row: Row; readonly request: Request }
  | { readonly row: Row; readonly failure: Failure };

/** What the provider spent on a request, in tokens. Cached is part of input, reasoning part of output. */
export interface Usage {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
  /** Input tokens written into the provider's cache, where it says so; part of input. Some models charge for them. */
  readonly cacheWritten?: number;
}

/** A row on its way out. */
export interface AnsweredRow {
  readonly row: TextRow | BadRow;
  /** JSON text of each field added to the row, in order: `grade`, then `grade_error`, `grade_meta`. */
  readonly added: readonly AddedField[];
  readonly failure?: Failure;
  /** Whether the ledger had its request's outcome when the row came. */
  readonly isKnown?: true;
  /** Whether a reply that its answer is made of was mended. */
  readonly isRepaired?: true;
}

/** A field to be spliced behind the row's own. */
export interface AddedField {
  readonly name: string;
  readonly json: string;
  /** Whether a table shows those of its properties that have a column, and leaves the others out. */
  readonly isDetail?: true;
}
