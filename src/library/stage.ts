import { Flow, type FlowContext, type Items, itemsOf } from "./flow.ts";

/** What goes beside the rows. */
export interface StageOptions {
  readonly signal?: AbortSignal;
}

/**
 * A function from rows to rows. An async generator function is one; those of bg-pipe give a {@link Flow}. Node's
 * `pipeline` takes it as it is.
 */
export type Stage<In, Out> = (source: AsyncIterable<In>, options: StageOptions) => AsyncIterable<Out>;

/** A stage of bg-pipe: rows that failed go past it, and a row's origin through it. */
export type FlowStage<In, Out> = (source: AsyncIterable<In>, options?: StageOptions) => Flow<Out>;

/** A function from rows to an end. */
export type Sink<In, Result> = (source: AsyncIterable<In>, options: StageOptions) => Promise<Result>;

/** An end of bg-pipe: it knows of rows that failed. */
export type FlowSink<In, Result> = (source: AsyncIterable<In>, options?: StageOptions) => Promise<Result>;

/** A stage of what maps arrays of items. @param transform Called when somebody takes the rows. */
export function createStage<In, Out>(
  transform: (source: (context: FlowContext) => Items<In>, context: FlowContext) => Items<Out>,
): FlowStage<In, Out> {
  const stage: FlowStage<In, Out> = (source, { signal } = {}) =>
    new Flow((context) => {
      const bound = signal === undefined ? context : bind(context, signal);
      return transform((inner) => itemsOf(source, inner), bound);
    });
  own.add(stage);
  return stage;
}

/** Whether a stage is one of bg-pipe's. */
export function isOwn(stage: object): boolean {
  return own.has(stage);
}

/** Stages and sinks that take items, not bare rows. */
export const own = new WeakSet<object>();

function bind(context: FlowContext, signal: AbortSignal): FlowContext {
  return { ...context, signal: AbortSignal.any([context.signal, signal]) };
}
