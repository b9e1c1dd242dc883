import type { Category } from "./score-field.ts";

/** How the values of a field of the answers are distributed, as `--summary FILE` has it. */
export type Distribution = NumberDistribution | CategoryDistribution;

interface Counted {
  /** The field's column in a table, such as `grade.score`. */
  readonly field: string;
  /** Answers with a value here. */
  readonly answers: number;
  /** Answers without one: null, or left out. */
  readonly absent: number;
}

export interface NumberDistribution extends Counted {
  readonly kind: "integer" | "number";
  /** Null, as all below, when there is no value. */
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly quantiles: Quantiles | null;
  /** False when there were too many distinct values: a quantile, or the edge of a bin, may then be off by 1/500 of the range. */
  readonly exact: boolean;
  /** In ascending order, empty ones between included. */
  readonly bins: readonly Bin[];
}

/** Nearest rank. */
export interface Quantiles {
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
}

/** Values from `from`, inclusive, to `to`, exclusive; one value where they are equal. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface CategoryDistribution extends Counted {
  readonly kind: "category";
  /** In the schema's order; of very many, the most frequent. */
  readonly values: readonly CategoryCount[];
  /** Answers with a value that is not listed. */
  readonly others: number;
}

export interface CategoryCount {
  readonly value: Category;
  readonly count: number;
}
