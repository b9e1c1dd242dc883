import { unlessAborted } from "../core/abort.ts";
import { UsageError } from "../core/errors.ts";
import { Flow, type FlowContext, itemsOf, Notes, type Source } from "./flow.ts";
import { isOwn, type Sink, type Stage } from "./stage.ts";
import { applyStage } from "./through.ts";

export interface PipelineOptions {
  /** Ends the pipeline from outside; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Runs rows through stages into an end. Each stage takes the rows that the one before it gives, or it does not compile.
 * The first failure ends all of it, and closes what is open.
 *
 * @param source A {@link Flow}, such as `readRows` gives, or anything that can be iterated over.
 * @returns what the end gives; `writeRows` a {@link PipelineReport}
 *
 * @example
 * await pipeline(readRows("data.csv"), map((row) => ({ ...row, seen: true })), writeRows("out.jsonl"));
 */
export function pipeline<A, Result>(
  source: Source<A>,
  sink: Sink<A, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  sink: Sink<B, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  sink: Sink<C, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  sink: Sink<D, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  sink: Sink<E, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  sink: Sink<F, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, G, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  sink: Sink<G, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, G, H, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
  sink: Sink<H, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, G, H, I, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
  hi: Stage<H, I>,
  sink: Sink<I, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, G, H, I, J, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
  hi: Stage<H, I>,
  ij: Stage<I, J>,
  sink: Sink<J, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export function pipeline<A, B, C, D, E, F, G, H, I, J, K, Result>(
  source: Source<A>,
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
  hi: Stage<H, I>,
  ij: Stage<I, J>,
  jk: Stage<J, K>,
  sink: Sink<K, Result>,
  options?: PipelineOptions,
): Promise<Result>;
export async function pipeline(source: Source<unknown>, ...rest: readonly unknown[]): Promise<unknown> {
  const last = rest.at(-1);
  const options = typeof last === "object" && last !== null ? last : undefined;
  const steps = (options === undefined ? rest : rest.slice(0, -1)).map(checked);
  const [sink, ...stages] = [...steps].reverse();
  if (sink === undefined) throw noSink();
  return run(
    stages.reduceRight((flow, stage) => applyStage(flow, stage), flowOf(source)),
    // The last one is no stage: that is what the types above are for.
    sink as unknown as Sink<unknown, unknown>,
    options,
  );
}

async function run(
  flow: Flow<unknown>,
  sink: Sink<unknown, unknown>,
  { signal: outer }: PipelineOptions = {},
): Promise<unknown> {
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
  const context: FlowContext = { signal, notes: new Notes() };
  try {
    signal.throwIfAborted();
    if (isOwn(sink)) return await sink(flow, context);
    return await unlessAborted(sink(new Flow(() => flow.items(context)), context), signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    stop.abort();
  }
}

function flowOf(source: Source<unknown>): Flow<unknown> {
  return source instanceof Flow ? source : new Flow((context) => itemsOf(source, context));
}

function checked(step: unknown): Stage<unknown, unknown> {
  if (typeof step === "function") return step as Stage<unknown, unknown>;
  throw new UsageError(`${String(step)} is no stage`, {
    hint: "A stage is a function from rows to rows; a function of one row goes into map().",
  });
}

function noSink(): UsageError {
  return new UsageError("the pipeline has no end", { hint: "Give writeRows(), or a function that takes the rows." });
}
