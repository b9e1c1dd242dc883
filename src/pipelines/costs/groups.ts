import type { Calendar } from "../../core/calendar.ts";
import type { ChunkAccount } from "../../ledger/accounts.ts";
import type { CostFigures, CostGroup, CostsReport } from "../../report/costs.ts";
import { CostSums } from "./cost-sums.ts";
import type { Saving } from "./savings.ts";

/** A run that has saved something, or was billed. */
export interface EndedRun {
  readonly id: number;
  /** Milliseconds since epoch. */
  readonly endedAt: number;
  readonly saving: Saving;
}

/** Sums by day, model, run, provider or key. */
export class GroupedSums {
  readonly #group: CostGroup;
  readonly #dayOf: Calendar["dayOf"];
  readonly #sums = new Map<string, CostSums>();

  constructor(group: CostGroup, dayOf: Calendar["dayOf"]) {
    this.#group = group;
    this.#dayOf = dayOf;
  }

  add(account: ChunkAccount): void {
    this.#of(this.#nameOf(account)).add(account);
  }

  /** A run's saving is of its day and its model; which key and provider would have been paid, nobody knows. */
  addSaving({ id, endedAt, saving }: EndedRun): void {
    if (this.#group === "day") this.#of(this.#dayOf(endedAt)).addSaving(saving);
    if (this.#group === "model") this.#of(saving.model).addSaving(saving);
    if (this.#group === "run") this.#of(`${id}`).addSaving(saving);
  }

  /** @param labels Of runs. */
  report(labels: ReadonlyMap<number, string>): Partial<CostsReport> {
    const rows = this.#rows();
    switch (this.#group) {
      case "day":
        return { by_day: rows.map(([day, figures]) => ({ day, ...figures })) };
      case "model":
        return { by_model: rows.map(([model, figures]) => ({ model, ...figures })) };
      case "provider":
        return { by_provider: rows.map(([provider, figures]) => ({ provider, ...figures })) };
      case "key":
        return { by_key: rows.map(([id, figures]) => ({ api_key_id: id === NO_KEY ? null : id, ...figures })) };
      case "run":
        return {
          by_run: rows.map(([run, figures]) => ({
            run: Number(run),
            label: labels.get(Number(run)) ?? "",
            ...figures,
          })),
        };
    }
  }

  #nameOf({ chunk, settledAt, apiKeyId = NO_KEY }: ChunkAccount): string {
    const names: Readonly<Record<CostGroup, () => string>> = {
      day: () => this.#dayOf(settledAt),
      model: () => chunk.model,
      run: () => `${chunk.runId}`,
      provider: () => chunk.provider,
      key: () => apiKeyId,
    };
    return names[this.#group]();
  }

  #of(name: string): CostSums {
    const sums = this.#sums.get(name) ?? new CostSums();
    this.#sums.set(name, sums);
    return sums;
  }

  #rows(): readonly (readonly [name: string, figures: CostFigures])[] {
    const hasSavings = this.#group !== "provider" && this.#group !== "key";
    const ordered = [...this.#sums].toSorted(ORDERS[this.#group]);
    return ordered.map(([name, sums]) => [name, sums.figures(hasSavings)]);
  }
}

/** No id of a key is the empty text. */
const NO_KEY = "";

type Entry = readonly [name: string, sums: CostSums];
type Order = (a: Entry, b: Entry) => number;

const dearestFirst: Order = ([nameA, a], [nameB, b]) =>
  a.knownCost === b.knownCost ? (nameA < nameB ? -1 : 1) : a.knownCost > b.knownCost ? -1 : 1;

const ORDERS: Readonly<Record<CostGroup, Order>> = {
  day: ([a], [b]) => (a > b ? -1 : 1),
  run: ([a], [b]) => Number(b) - Number(a),
  model: dearestFirst,
  provider: dearestFirst,
  key: dearestFirst,
};
