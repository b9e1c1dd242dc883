import { Duplex } from "node:stream";
import { Flow, rowsOf } from "./flow.ts";
import { createStage, type FlowStage, type Stage } from "./stage.ts";
import { applyStage } from "./through.ts";

/**
 * Several stages as one.
 *
 * @example const clean = compose(filter((row: Row) => row.text !== ""), map(trim));
 */
export function compose<A, B>(ab: Stage<A, B>): FlowStage<A, B>;
export function compose<A, B, C>(ab: Stage<A, B>, bc: Stage<B, C>): FlowStage<A, C>;
export function compose<A, B, C, D>(ab: Stage<A, B>, bc: Stage<B, C>, cd: Stage<C, D>): FlowStage<A, D>;
export function compose<A, B, C, D, E>(
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
): FlowStage<A, E>;
export function compose<A, B, C, D, E, F>(
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
): FlowStage<A, F>;
export function compose<A, B, C, D, E, F, G>(
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
): FlowStage<A, G>;
export function compose<A, B, C, D, E, F, G, H>(
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
): FlowStage<A, H>;
export function compose<A, B, C, D, E, F, G, H, I>(
  ab: Stage<A, B>,
  bc: Stage<B, C>,
  cd: Stage<C, D>,
  de: Stage<D, E>,
  ef: Stage<E, F>,
  fg: Stage<F, G>,
  gh: Stage<G, H>,
  hi: Stage<H, I>,
): FlowStage<A, I>;
export function compose(...stages: readonly unknown[]): FlowStage<unknown, unknown> {
  // The types above see to it that each fits the one before it.
  const joined = stages as readonly Stage<unknown, unknown>[];
  return createStage((source, context) =>
    joined.reduce((flow, stage) => applyStage(flow, stage), new Flow(source)).items(context),
  );
}

/**
 * A stage as a Node stream of rows, for `stream-chain` and for streams of others. It holds at most 16 rows on either
 * side.
 *
 * @example chain([asStream(map(clean)), (row) => row.name])
 */
export function asStream<In, Out>(stage: Stage<In, Out>): Duplex {
  return Duplex.from((source: AsyncIterable<In>, { signal }: { readonly signal: AbortSignal }) =>
    rowsOf(applyStage(new Flow(() => bundles(source)), stage), signal),
  );
}

async function* bundles<In>(source: AsyncIterable<In>) {
  for await (const value of source) yield [{ value }];
}
