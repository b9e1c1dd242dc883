import type { Combined, FanIn, PartOutcome } from "../core/combine.ts";
import { InternalError } from "../core/errors.ts";
import { topLevelEntries } from "../core/json-text.ts";
import type { AddedField, Failure } from "../core/records.ts";
import { type Reconciled, reconcile, verdictIn } from "./verdicts-on-pairs.ts";

export interface BothOrdersOptions {
  /** How the verdicts of several judges or samples become one; undefined when there is but one. */
  readonly judges: FanIn | undefined;
  /** Answers of each judge to each order. */
  readonly samples: number;
  /** The field the answer goes into; how the orders agree goes into NAME_pairwise. */
  readonly outputField: string;
}

/** The verdict on a pair, or why there is none. */
type PairOutcome = { readonly reconciled: Reconciled; readonly json: string } | { readonly failure: Failure };

const ONE: FanIn["labels"] = [{}];

/**
 * Pairs that were asked about in both orders: their two verdicts become one. The requests come judge by judge, first
 * all samples with `a` shown first, then all with `b` shown first.
 */
export class BothOrders implements FanIn {
  readonly labels: FanIn["labels"];
  readonly fields: readonly string[];
  readonly columns: readonly string[];
  /** Answered rows, by whether both orders said the same (of each judge and sample). */
  readonly counts = { consistent: 0, inconsistent: 0 };
  readonly #options: BothOrdersOptions;
  readonly #pairs: FanIn["labels"];
  readonly #field: string;

  constructor(options: BothOrdersOptions) {
    const { judges, samples, outputField } = options;
    this.#options = options;
    this.#pairs = judges?.labels ?? ONE;
    this.#field = `${outputField}_pairwise`;
    this.labels = chunksOf(this.#pairs, samples).flatMap((some) => [
      ...some.map((label) => ({ ...label, order: "a, b" })),
      ...some.map((label) => ({ ...label, order: "b, a" })),
    ]);
    this.fields = [...(judges?.fields ?? []), this.#field];
    const shown = judges === undefined ? ["consistent", "first", "swapped"] : ["consistent"];
    this.columns = [...(judges?.columns ?? []), ...shown.map((name) => `${this.#field}.${name}`)];
  }

  readonly combine = (parts: readonly PartOutcome[]): Combined => {
    const { judges, samples } = this.#options;
    const pairs = chunksOf(parts, 2 * samples).flatMap((some) =>
      some.slice(0, samples).map((first, index) => pairOutcome(first, some[samples + index] ?? first)),
    );
    const outcomes = pairs.map((pair): PartOutcome => ("failure" in pair ? pair : { json: pair.json }));
    const own = this.#beside(pairs);
    const [only] = outcomes;
    const combined = judges === undefined && only !== undefined ? { ...only, beside: [] } : judges?.combine(outcomes);
    if (combined === undefined) throw new InternalError("a pair was asked about in no order");
    if ("json" in combined) this.#count(pairs);
    return { ...combined, beside: [...combined.beside, own] };
  };

  #beside(pairs: readonly PairOutcome[]): AddedField {
    const all = pairs.map((pair) => ("failure" in pair ? NO_VERDICT : verdictsOf(pair.reconciled)));
    const [only] = all;
    const consistent = consistencyOf(pairs);
    const each = all.map((pair, index) => ({ ...this.#pairs[index], ...pair }));
    const told = this.#options.judges === undefined ? { ...NO_VERDICT, ...only } : { consistent, pairs: each };
    return { name: this.#field, json: JSON.stringify(told), isDetail: true };
  }

  #count(pairs: readonly PairOutcome[]): void {
    if (consistencyOf(pairs) === true) this.counts.consistent++;
    else this.counts.inconsistent++;
  }
}

const NO_VERDICT = { consistent: null, first: null, swapped: null };

function verdictsOf({ consistent, first, swapped }: Reconciled) {
  return { consistent, first, swapped };
}

/** Whether all pairs that have a verdict have the same in both orders; null where none has one. */
function consistencyOf(pairs: readonly PairOutcome[]): boolean | null {
  const judged = pairs.flatMap((pair) => ("failure" in pair ? [] : [pair.reconciled]));
  return judged.length === 0 ? null : judged.every(({ consistent }) => consistent);
}

/** The answer to the first order, with the winner that both come to. */
function pairOutcome(first: PartOutcome, other: PartOutcome): PairOutcome {
  if ("failure" in first || "failure" in other) return { failure: weightierOf(first, other) };
  const [one, two] = [verdictIn(first.json), verdictIn(other.json)];
  if (one === undefined || two === undefined) return { failure: NO_WINNER };
  const reconciled = reconcile(one, two);
  const entries = topLevelEntries(first.json).map(([name, value]) => {
    return `${JSON.stringify(name)}:${name === "winner" ? JSON.stringify(reconciled.winner) : value}`;
  });
  return { reconciled, json: `{${entries.join(",")}}` };
}

/** Of the failures of two orders the first; but what was not asked for want of budget is still to be asked. */
function weightierOf(...orders: readonly PartOutcome[]): Failure {
  const failures = orders.flatMap((order) => ("failure" in order ? [order.failure] : []));
  return failures.find(({ code }) => code === "budget_exceeded") ?? failures[0] ?? NO_WINNER;
}

const NO_WINNER: Failure = { code: "invalid_answer", message: "the answer does not say who wins" };

function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
