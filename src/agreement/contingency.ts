import type { PairCount, Value } from "./pair-counts.ts";

/** Counts of pairs over the values that occur. */
export interface Contingency {
  /** Those of both sides: numbers by size, then others by their text. */
  readonly values: readonly Value[];
  /** Whether all of them are numbers. */
  readonly isOrdinal: boolean;
  /** Of each pair: the places of its label and of its answer among the values, and how often it occurs. */
  readonly labels: Int32Array;
  readonly answers: Int32Array;
  readonly counts: Float64Array;
}

/** Puts pairs into a table. Pairs that are equal are added. */
export function contingencyOf(pairs: readonly PairCount[]): Contingency {
  const values = [...new Set(pairs.flatMap(({ label, answer }) => [label, answer]))].sort(compare);
  const places = new Map(values.map((value, index) => [value, index]));
  const cells = new Map<number, number>();
  for (const { label, answer, count } of pairs) {
    const cell = (places.get(label) ?? 0) * values.length + (places.get(answer) ?? 0);
    cells.set(cell, (cells.get(cell) ?? 0) + count);
  }
  const sorted = [...cells].sort(([a], [b]) => a - b);
  return {
    values,
    isOrdinal: values.length > 0 && values.every((value) => typeof value === "number"),
    labels: Int32Array.from(sorted, ([cell]) => Math.floor(cell / values.length)),
    answers: Int32Array.from(sorted, ([cell]) => cell % values.length),
    counts: Float64Array.from(sorted, ([, count]) => count),
  };
}

/** The table in full: a row for each label, a column for each answer. */
export function matrixOf({ values, labels, answers, counts }: Contingency): readonly (readonly number[])[] {
  const matrix = values.map(() => values.map(() => 0));
  for (const [cell, count] of counts.entries()) {
    const row = matrix[labels[cell] ?? 0];
    if (row !== undefined) row[answers[cell] ?? 0] = count;
  }
  return matrix;
}

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number" || typeof b === "number") return typeof a === "number" ? -1 : 1;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
