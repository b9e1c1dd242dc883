import { Stopwatch } from "./stopwatch.ts";

/** What has passed through a stage. */
export class StageFlow {
  readonly rows = { in: 0, out: 0 };
  readonly bytes = { in: 0, out: 0 };
  /** Time in which the stage stood ready, and what comes after it took nothing. */
  readonly blocked = new Stopwatch();
}

/** A step over arrays that counts what goes through it. @param isRow Whether an item that comes out counts as a row. */
export function counted<In, Out>(
  flow: StageFlow,
  step: (items: readonly In[]) => readonly Out[],
  isRow?: (item: Out) => boolean,
): (items: readonly In[]) => readonly Out[] {
  return (items) => {
    flow.rows.in += items.length;
    const out = step(items);
    flow.rows.out += isRow === undefined ? out.length : out.reduce((sum, item) => sum + (isRow(item) ? 1 : 0), 0);
    return out;
  };
}
