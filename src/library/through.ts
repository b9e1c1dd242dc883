import { untilAborted } from "../core/abort.ts";
import { InputDataError } from "../core/errors.ts";
import { type FailedItem, Flow, type FlowContext, type Item, type Items } from "./flow.ts";
import { createStage, type FlowStage, isOwn, type Stage } from "./stage.ts";

/** Failed rows that may wait for a row to come out behind which they belong. */
const MAX_ASIDE = 10_000;

/**
 * A stage of a function from rows to rows, such as an async generator. Rows that failed go past it: where it gives a row
 * for each row as it comes, in their place, else as near to it as can be told.
 */
export function through<In, Out>(work: Stage<In, Out>): FlowStage<In, Out> {
  return createStage((source, context) => detour(source(context), work, context));
}

/** Applies a stage, whosever it is. */
export function applyStage<In, Out>(source: Flow<In>, stage: Stage<In, Out>): Flow<Out> {
  const flow = (isOwn(stage) ? stage : through(stage))(source, {});
  if (flow instanceof Flow) return flow;
  throw new TypeError("a stage of bg-pipe gives a Flow");
}

async function* detour<In, Out>(
  source: Items<In>,
  work: Stage<In, Out>,
  { signal }: FlowContext,
): AsyncGenerator<readonly Item<Out>[]> {
  const aside: FailedItem[] = [];
  for await (const value of untilAborted(work(good(source, aside), { signal }), signal)) {
    yield [...aside.splice(0), { value }];
  }
  signal.throwIfAborted();
  if (aside.length > 0) yield aside;
}

async function* good<In>(source: Items<In>, aside: FailedItem[]): AsyncGenerator<In> {
  for await (const items of source) {
    for (const item of items) {
      if ("value" in item) yield item.value;
      else aside.push(item);
      if (aside.length > MAX_ASIDE) throw tooMany();
    }
  }
}

function tooMany(): InputDataError {
  return new InputDataError(`more than ${MAX_ASIDE} rows in a row have failed, and wait for one that has not`, {
    hint: "Is that the input's format? readRows' format names it, and onBadRow leaves unreadable rows out.",
  });
}
