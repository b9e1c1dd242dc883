import type { BatchStore } from "./batch-store.ts";
import type { StrikeName } from "./faults.ts";
import type { Tally } from "./tally.ts";

/** How often each fault struck: those of calls and files in a tally, those of batches in the batches' records. */
export class FaultLog {
  readonly #tally: Tally;
  readonly #batches: BatchStore;

  constructor(tally: Tally, batches: BatchStore) {
    this.#tally = tally;
    this.#batches = batches;
  }

  /** Counts one that struck a call or a file. A batch's own are counted in its record, so that a kill doubles none. */
  add(name: StrikeName): void {
    this.#tally.add(name);
  }

  /** Strikes by name; who never struck is not among them. */
  async totals(): Promise<Record<string, number>> {
    const totals = new Map(Object.entries(await this.#tally.totals()));
    for (const id of await this.#batches.ids()) {
      const record = await this.#batches.find(id);
      for (const [name, count] of Object.entries(record?.work.strikes ?? {})) {
        totals.set(name, (totals.get(name) ?? 0) + count);
      }
    }
    return Object.fromEntries([...totals].sort());
  }
}
