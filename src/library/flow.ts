import { untilAborted } from "../core/abort.ts";
import { InputDataError } from "../core/errors.ts";
import type { AddedField, BadRow, Failure, TextRow } from "../core/records.ts";
import type { Summary } from "../report/summary.ts";

/** A row on its way, or what became of one that cannot go through the stages. */
export type Item<T> = { readonly value: T } | FailedItem;

/** A record that could not be read, or a row that cannot be asked. It goes past the stages, in its place. */
export interface FailedItem {
  readonly row: TextRow | BadRow;
  readonly failure: Failure;
  /** What was added to the row to say so. */
  readonly added?: readonly AddedField[];
}

/** What the stages of one run tell each other. */
export class Notes {
  /** The columns of the input. */
  columns: readonly string[] | undefined;
  /** The fields that answers are in. */
  readonly answerFields: string[] = [];
  /** The columns that answers fill in a table. */
  readonly addedColumns: string[] = [];
  readonly read = { rows: 0, unreadable: 0 };
  dropped = 0;
  readonly asked: Summary[] = [];
}

/** What the stages between rows and their answers tell each other. */
export interface Asking {
  /** The fields that answers are put into: a row must not have them. */
  readonly addedFields: readonly string[];
  /** The columns that an answer fills in a table, under the field's inner name. */
  answerColumns: readonly string[];
}

/** What surrounds the stages of one run. */
export interface FlowContext {
  readonly signal: AbortSignal;
  readonly notes: Notes;
  /** Between buildRequests and mergeResults. */
  readonly asking?: Asking;
}

/** Arrays of items, as they flow between the stages. */
export type Items<T> = AsyncIterable<readonly Item<T>[]>;

/**
 * Rows that are read when somebody takes them, with `for await`, in a pipeline, or through `asStream`. Taking them again
 * reads them again.
 */
export class Flow<T> implements AsyncIterable<T> {
  readonly #open: (context: FlowContext) => Items<T>;

  constructor(open: (context: FlowContext) => Items<T>) {
    this.#open = open;
  }

  /** The rows in arrays, beside those that failed. For stages. */
  items(context: FlowContext): Items<T> {
    return this.#open(context);
  }

  /** @throws {InputDataError} at a row that failed: here is no place for it */
  [Symbol.asyncIterator](): AsyncGenerator<T, void> {
    return rowsOf(this);
  }
}

/** The rows one by one. @param signal Ends it from outside. */
export async function* rowsOf<T>(flow: Flow<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  try {
    for await (const items of flow.items({ signal: either, notes: new Notes() })) {
      for (const item of items) yield checkedValue(item);
    }
  } finally {
    stop.abort();
  }
}

/** Arrays of items, of whatever gives rows. */
export function itemsOf<T>(source: Source<T>, context: FlowContext): Items<T> {
  return source instanceof Flow ? source.items(context) : wrapped(source, context);
}

/** What rows can come from. */
export type Source<T> = AsyncIterable<T> | Iterable<T>;

async function* wrapped<T>(source: Source<T>, { signal, notes }: FlowContext): AsyncGenerator<readonly Item<T>[]> {
  for await (const value of untilAborted(source, signal)) {
    notes.read.rows++;
    yield [{ value }];
  }
}

function checkedValue<T>(item: Item<T>): T {
  if ("value" in item) return item.value;
  const { row, failure } = item;
  const { file, line } = row.position;
  const isPlaced = failure.message.startsWith(`${file}:${line}:`);
  throw new InputDataError(isPlaced ? failure.message : `${file}:${line}: ${failure.message}`, {
    hint: "pipeline() with writeRows() writes such rows with what is wrong; readRows' onBadRow leaves unreadable ones out.",
  });
}
