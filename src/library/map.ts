import { BgPipeError, messageOf, UsageError } from "../core/errors.ts";
import { mapOrdered } from "../core/ordered-map.ts";
import type { Fields } from "../core/records.ts";
import { isUnderWay, type RowFunction, type RowFunctionContext, rowsGiven } from "../core/row-function.ts";
import type { FlowContext, Item, Items } from "./flow.ts";
import { originOf, positionOf, setOrigin } from "./origin.ts";
import { createStage, type FlowStage } from "./stage.ts";

export interface MapOptions {
  /** How many calls of an async function run at a time; 1 when not given. The order of the rows stays. */
  readonly concurrency?: number;
  /** What the function is told as `options`. */
  readonly with?: Fields;
}

/**
 * A stage of a plain function, the same that is a step of a pipeline's file under `use:`. What the function leaves as it was is written as it was read, down to the spelling of
 * its numbers, also in a new object.
 *
 * @throws {UsageError} for a concurrency that is none; from the rows, naming the row, when the function throws or gives
 *   `undefined`
 *
 * @example map((row: { name: string }) => ({ ...row, length: row.name.length }))
 */
export function map<In, Out>(work: RowFunction<In, Out>, options: MapOptions = {}): FlowStage<In, Out> {
  const { concurrency = 1, with: told = {} } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new UsageError(`concurrency is ${concurrency}`, { hint: "It is a whole number, 1 or more." });
  }
  return createStage((source, context) => mapItems(source, context, { work, concurrency, told }));
}

/**
 * A stage that lets the rows through for which a test, sync or async, says `true`. The others are counted in the report
 * of the pipeline as `dropped`.
 */
export function filter<Row>(
  test: (row: Row, context: RowFunctionContext) => boolean | PromiseLike<boolean>,
  options: MapOptions = {},
): FlowStage<Row, Row> {
  return map((row: Row, context) => {
    const isKept = test(row, context);
    if (isUnderWay(isKept)) return isKept.then((is) => (is ? row : null));
    return isKept ? row : null;
  }, options);
}

interface Mapping<In, Out> {
  readonly work: RowFunction<In, Out>;
  readonly concurrency: number;
  readonly told: Fields;
}

async function* mapItems<In, Out>(
  source: (context: FlowContext) => Items<In>,
  context: FlowContext,
  { work, concurrency, told }: Mapping<In, Out>,
): AsyncGenerator<readonly Item<Out>[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const call = new Call(work, told, { ...context, signal });
  try {
    const results = mapOrdered(source({ ...context, signal }), { concurrency, signal }, (item) => call.of(item));
    for await (const items of results) yield items.flat();
  } finally {
    stop.abort();
  }
}

class Call<In, Out> {
  readonly #work: RowFunction<In, Out>;
  readonly #options: Fields;
  readonly #context: FlowContext;

  constructor(work: RowFunction<In, Out>, options: Fields, context: FlowContext) {
    this.#work = work;
    this.#options = options;
    this.#context = context;
  }

  /** What becomes of an item; without waiting when the function does not. */
  of(item: Item<In>): readonly Item<Out>[] | Promise<readonly Item<Out>[]> {
    if (!("value" in item)) return [item];
    const { value } = item;
    const { file, line } = positionOf(value);
    try {
      const result = this.#work(value, { options: this.#options, signal: this.#context.signal, file, line });
      if (!isUnderWay(result)) return this.#itemsOf(value, rowsGiven(result));
      return Promise.resolve(result)
        .then((rows) => this.#itemsOf(value, rowsGiven(rows)))
        .catch((error: unknown) => this.#refuse(value, error));
    } catch (error) {
      return this.#refuse(value, error);
    }
  }

  #itemsOf(row: In, rows: readonly Out[]): readonly Item<Out>[] {
    if (rows.length === 0) this.#context.notes.dropped++;
    for (const value of rows) setOrigin(value, originOf(row));
    return rows.map((value) => ({ value }));
  }

  #refuse(row: In, error: unknown): never {
    if (error instanceof BgPipeError || this.#context.signal.aborted) throw error;
    throw new UsageError(`${placeOf(row)}: the function threw: ${messageOf(error)}`, { cause: error });
  }
}

function placeOf(row: unknown): string {
  const { file, line } = positionOf(row);
  return line === 0 ? "a row" : `${file}:${line}`;
}
