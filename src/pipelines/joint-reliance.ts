import type { Reliance } from "../core/budget.ts";

/** What the estimates of several models are worth together: what the least of them is. */
export class JointReliance implements Reliance {
  readonly #all: () => readonly Reliance[];

  constructor(all: () => readonly Reliance[]) {
    this.#all = all;
  }

  get kind(): Reliance["kind"] {
    const kinds = this.#all().map(({ kind }) => kind);
    if (kinds.includes("guess")) return "guess";
    return kinds.includes("mean") ? "mean" : "bound";
  }

  settled(): void {
    for (const one of this.#all()) one.settled();
  }
}
