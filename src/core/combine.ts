import type { AddedField, Failure } from "./records.ts";

/** What became of one of the requests of a row. */
export type PartOutcome =
  /** The answer, as JSON text. */
  { readonly json: string } | { readonly failure: Failure };

/** What the requests of a row come to: its answer or its failure, and the fields that say more of it. */
export type Combined = PartOutcome & {
  /** Fields that stand between `NAME_error` and `NAME_meta`. */
  readonly beside: readonly AddedField[];
};

/**
 * Makes one outcome of those of a row's requests, which come in the order in which they were built, and are more than
 * one. The same outcomes always make the same.
 */
export type Combine = (parts: readonly PartOutcome[]) => Combined;

/** How rows that are asked several times become one again. */
export interface FanIn {
  readonly combine: Combine;
  /** What tells a row's requests apart, in the order in which they are built: it heads each of `NAME_meta.answers`. */
  readonly labels: readonly Readonly<Record<string, string | number>>[];
  /** Names of the fields that `combine` puts beside the answer. */
  readonly fields: readonly string[];
  /** The columns that they fill in a table. */
  readonly columns: readonly string[];
}
