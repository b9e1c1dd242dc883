import { intervalsOf } from "./bootstrap.ts";
import { type Contingency, contingencyOf, matrixOf } from "./contingency.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { PairCounts, Value } from "./pair-counts.ts";

export { CONFIDENCE, RESAMPLES } from "./bootstrap.ts";

/** A figure, and the interval it has; null where it has no value. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** How answers agree with labels. */
export interface Agreement {
  readonly isOrdinal: boolean;
  /** Whether any value was said by both sides. */
  readonly isSameScale: boolean;
  readonly values: readonly Value[];
  /** A row for each label, a column for each answer; undefined when there are more values than can be looked at. */
  readonly confusion: readonly (readonly number[])[] | undefined;
  readonly figures: Readonly<Record<keyof Figures, Estimate | null>>;
}

/** A larger table is not shown. */
const MAX_SHOWN_VALUES = 100;

/** @returns undefined when nothing was compared, or the pairs were too many */
export function agreementOf(counts: PairCounts): Agreement | undefined {
  if (counts.compared === 0 || counts.isOverfull) return undefined;
  const table = contingencyOf(counts.pairs);
  const isShown = table.values.length <= MAX_SHOWN_VALUES;
  const [labels, answers] = [new Set(table.labels), new Set(table.answers)];
  return {
    isOrdinal: table.isOrdinal,
    isSameScale: [...labels].some((label) => answers.has(label)),
    values: table.values,
    confusion: isShown ? matrixOf(table) : undefined,
    figures: estimatesOf(table),
  };
}

function estimatesOf(table: Contingency): Agreement["figures"] {
  const figures = figuresOf(table);
  const intervals = intervalsOf(table);
  const estimate = (name: keyof Figures): Estimate | null => {
    if (Number.isNaN(figures[name])) return null;
    const [low, high] = intervals[name] ?? [null, null];
    return { value: figures[name], low, high };
  };
  return {
    accuracy: estimate("accuracy"),
    kappa: estimate("kappa"),
    kappaLinear: estimate("kappaLinear"),
    kappaQuadratic: estimate("kappaQuadratic"),
    spearman: estimate("spearman"),
  };
}
