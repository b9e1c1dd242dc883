import { BgPipeError, messageOf, UsageError } from "../core/errors.ts";
import { mapOrdered } from "../core/ordered-map.ts";
import type { FlowContext, Item, Items } from "./flow.ts";
import { originOf, positionOf, setOrigin } from "./origin.ts";
import { createStage, type FlowStage } from "./stage.ts";

/** What a row function is told beside the row. */
export interface RowFunctionContext {
  /** Aborts when the pipeline ends before its time. */
  readonly signal: AbortSignal;
}

/** What a row function may give: a row, several, or `null` for none. */
export type RowFunctionResult<Out> = Out | readonly Out[] | null;

/** A function of one row, sync or async. */
export type RowFunction<In, Out> = (
  row: In,
  context: RowFunctionContext,
) => RowFunctionResult<Out> | Promise<RowFunctionResult<Out>>;

export interface MapOptions {
  /** How many calls of an async function run at a time; 1 when not given. The order of the rows stays. */
  readonly concurrency?: number;
}

/**
 * A stage of a plain function. What the function leaves as it was is written as it was read, down to the spelling of
 * its numbers, also in a new object.
 *
 * @throws {UsageError} for a concurrency that is none; from the rows, naming the row, when the function throws or gives
 *   `undefined`
 *
 * @example map((row: { name: string }) => ({ ...row, length: row.name.length }))
 */
export function map<In, Out>(work: RowFunction<In, Out>, options: MapOptions = {}): FlowStage<In, Out> {
  const { concurrency = 1 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new UsageError(`concurrency is ${concurrency}`, { hint: "It is a whole number, 1 or more." });
  }
  return createStage((source, context) => mapItems(source, context, { work, concurrency }));
}

/**
 * A stage that lets the rows through for which a test, sync or async, says `true`. The others are counted in the report
 * of the pipeline as `dropped`.
 */
export function filter<Row>(
  test: (row: Row, context: RowFunctionContext) => boolean | Promise<boolean>,
  options: MapOptions = {},
): FlowStage<Row, Row> {
  return map((row: Row, context) => {
    const isKept = test(row, context);
    if (isKept instanceof Promise) return isKept.then((is) => (is ? row : null));
    return isKept ? row : null;
  }, options);
}

interface Mapping<In, Out> extends Required<MapOptions> {
  readonly work: RowFunction<In, Out>;
}

async function* mapItems<In, Out>(
  source: (context: FlowContext) => Items<In>,
  context: FlowContext,
  { work, concurrency }: Mapping<In, Out>,
): AsyncGenerator<readonly Item<Out>[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const call = new Call(work, { ...context, signal });
  try {
    const results = mapOrdered(source({ ...context, signal }), { concurrency, signal }, (item) => call.of(item));
    for await (const items of results) yield items.flat();
  } finally {
    stop.abort();
  }
}

class Call<In, Out> {
  readonly #work: RowFunction<In, Out>;
  readonly #context: FlowContext;

  constructor(work: RowFunction<In, Out>, context: FlowContext) {
    this.#work = work;
    this.#context = context;
  }

  /** What becomes of an item; without waiting when the function does not. */
  of(item: Item<In>): readonly Item<Out>[] | Promise<readonly Item<Out>[]> {
    if (!("value" in item)) return [item];
    const { value } = item;
    try {
      const result = this.#work(value, { signal: this.#context.signal });
      if (!(result instanceof Promise)) return this.#itemsOf(value, result);
      return result.then(
        (rows) => this.#itemsOf(value, rows),
        (error: unknown) => this.#refuse(value, error),
      );
    } catch (error) {
      return this.#refuse(value, error);
    }
  }

  #itemsOf(row: In, result: RowFunctionResult<Out>): readonly Item<Out>[] {
    if (result === undefined) throw gaveNothing(row);
    const rows = isMany(result) ? result : result === null ? [] : [result];
    if (rows.length === 0) this.#context.notes.dropped++;
    for (const value of rows) setOrigin(value, originOf(row));
    return rows.map((value) => ({ value }));
  }

  #refuse(row: In, error: unknown): never {
    if (error instanceof BgPipeError || this.#context.signal.aborted) throw error;
    throw new UsageError(`${placeOf(row)}: the function threw: ${messageOf(error)}`, { cause: error });
  }
}

function isMany<Out>(result: RowFunctionResult<Out>): result is readonly Out[] {
  return Array.isArray(result);
}

function gaveNothing(row: unknown): UsageError {
  return new UsageError(`${placeOf(row)}: the function gave undefined`, {
    hint: "Return the row, an array of rows, or null to leave it out.",
  });
}

function placeOf(row: unknown): string {
  const { file, line } = positionOf(row);
  return line === 0 ? "a row" : `${file}:${line}`;
}
