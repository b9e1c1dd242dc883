import type { Contingency } from "./contingency.ts";

/** How well answers agree with labels. NaN where a figure has no value. */
export interface Figures {
  /** Share of equal pairs. */
  readonly accuracy: number;
  readonly kappa: number;
  /** NaN on a scale that is not ordinal, as are all that follow. */
  readonly kappaLinear: number;
  readonly kappaQuadratic: number;
  readonly spearman: number;
}

/**
 * The figures of a table.
 *
 * - Cohen's kappa is `1 - observed / expected` disagreement, the expected one from the marginals, with disagreement 1
 *   for every pair that is not equal (Cohen 1960, A coefficient of agreement for nominal scales); weighted, with the
 *   distance of the two values, or its square (Cohen 1968, Weighted kappa). On scales of evenly spaced values these are
 *   the usual linear and quadratic weights. It has no value when both sides always say the same one thing.
 * - Spearman's rho is the product-moment correlation of ranks, equal values taking the mean of theirs (Kendall 1970, Rank
 *   Correlation Methods, chapter 3). It has no value when one side never changes.
 *
 * @param counts How often each pair occurs, in the place of the table's own.
 */
export function figuresOf(table: Contingency, counts: Float64Array = table.counts): Figures {
  const sides = marginalsOf(table, counts);
  const { total, equal } = sides;
  const accuracy = equal / total;
  const chance = dot(sides.labels, sides.answers) / total ** 2;
  const kappa = kappaOf(1 - accuracy, 1 - chance);
  if (!table.isOrdinal) return { accuracy, kappa, ...NOT_ORDINAL };
  const { linear, square } = distancesOf(table, counts, total);
  return {
    accuracy,
    kappa,
    kappaLinear: kappaOf(linear, expectedDistance(table, sides)),
    kappaQuadratic: kappaOf(square, expectedSquare(table, sides)),
    spearman: spearmanOf(table, counts, sides),
  };
}

const NOT_ORDINAL = { kappaLinear: Number.NaN, kappaQuadratic: Number.NaN, spearman: Number.NaN };

/** What is left of 1 by rounding is no disagreement. */
const LEAST = 1e-12;

function kappaOf(observed: number, expected: number): number {
  return expected < LEAST ? Number.NaN : 1 - observed / expected;
}

interface Marginals {
  readonly labels: Float64Array;
  readonly answers: Float64Array;
  readonly total: number;
  readonly equal: number;
}

function marginalsOf(table: Contingency, counts: Float64Array): Marginals {
  const labels = new Float64Array(table.values.length);
  const answers = new Float64Array(table.values.length);
  let [total, equal] = [0, 0];
  for (let cell = 0; cell < counts.length; cell++) {
    const [label, answer, count] = [table.labels[cell] ?? 0, table.answers[cell] ?? 0, counts[cell] ?? 0];
    labels[label] = (labels[label] ?? 0) + count;
    answers[answer] = (answers[answer] ?? 0) + count;
    total += count;
    if (label === answer) equal += count;
  }
  return { labels, answers, total, equal };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** Mean distance of the two values of a pair, and mean square of it. */
function distancesOf(table: Contingency, counts: Float64Array, total: number) {
  let [linear, square] = [0, 0];
  for (let cell = 0; cell < counts.length; cell++) {
    const distance = valueAt(table, table.labels[cell] ?? 0) - valueAt(table, table.answers[cell] ?? 0);
    linear += Math.abs(distance) * (counts[cell] ?? 0);
    square += distance ** 2 * (counts[cell] ?? 0);
  }
  return { linear: linear / total, square: square / total };
}

/** The same for independent sides: the integral of F(1 - G) + G(1 - F) over the two distribution functions. */
function expectedDistance(table: Contingency, { labels, answers, total }: Marginals): number {
  let [belowLabels, belowAnswers, sum] = [0, 0, 0];
  for (let index = 0; index + 1 < table.values.length; index++) {
    belowLabels += (labels[index] ?? 0) / total;
    belowAnswers += (answers[index] ?? 0) / total;
    const gap = valueAt(table, index + 1) - valueAt(table, index);
    sum += gap * (belowLabels * (1 - belowAnswers) + belowAnswers * (1 - belowLabels));
  }
  return sum;
}

function expectedSquare(table: Contingency, { labels, answers, total }: Marginals): number {
  const [a, b] = [momentsOf(table, labels, total), momentsOf(table, answers, total)];
  return a.variance + b.variance + (a.mean - b.mean) ** 2;
}

function momentsOf(table: Contingency, side: Float64Array, total: number) {
  const mean = side.reduce((sum, count, index) => sum + count * valueAt(table, index), 0) / total;
  const variance = side.reduce((sum, count, index) => sum + count * (valueAt(table, index) - mean) ** 2, 0) / total;
  return { mean, variance };
}

function spearmanOf(table: Contingency, counts: Float64Array, { labels, answers, total }: Marginals): number {
  const [a, b] = [ranksOf(labels), ranksOf(answers)];
  const mean = (total + 1) / 2;
  let [product, squareA, squareB] = [0, 0, 0];
  for (let cell = 0; cell < counts.length; cell++) {
    const x = (a[table.labels[cell] ?? 0] ?? 0) - mean;
    const y = (b[table.answers[cell] ?? 0] ?? 0) - mean;
    product += x * y * (counts[cell] ?? 0);
    squareA += x * x * (counts[cell] ?? 0);
    squareB += y * y * (counts[cell] ?? 0);
  }
  const norm = Math.sqrt(squareA * squareB);
  return norm === 0 ? Number.NaN : Math.max(-1, Math.min(1, product / norm));
}

/** The mean rank of each value, counted from 1. */
function ranksOf(side: Float64Array): Float64Array {
  let below = 0;
  return side.map((count) => {
    const rank = below + (count + 1) / 2;
    below += count;
    return rank;
  });
}

function valueAt({ values }: Contingency, index: number): number {
  return Number(values[index]);
}
