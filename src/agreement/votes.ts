import { compact } from "../core/json-text.ts";

/** How far answers agree about one value. */
export interface FieldAgreement {
  /** Of the answers, those that gave the most frequent value; 0 to 1. */
  readonly share: number;
  /** Whether several values were the most frequent, so that the first of them was taken. Not for numbers. */
  readonly tie: boolean;
  /** Of numbers alone. */
  readonly min?: number;
  readonly max?: number;
}

/** One value out of several. */
export interface Vote {
  /** JSON text, as the answer it is from has it. */
  readonly json: string;
  readonly agreement: FieldAgreement;
}

/**
 * The median, where all values are numbers. An odd count has one in the middle. Of an even count's two the lower is
 * taken when all numbers are whole, so that a score stays on its scale, and else their mean.
 *
 * @param values JSON texts, at least one.
 * @returns undefined when they are not all numbers
 */
export function medianOf(values: readonly string[]): Vote | undefined {
  if (!values.every(isNumber)) return undefined;
  const sorted = values.map((text) => ({ text, value: Number(text) })).sort((a, b) => a.value - b.value);
  const [low, high] = [sorted[(values.length - 1) >> 1], sorted[values.length >> 1]];
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined || first === undefined || last === undefined) return undefined;
  const isWhole = low.value === high.value || sorted.every(({ value }) => Number.isInteger(value));
  const json = isWhole ? low.text : JSON.stringify(low.value / 2 + high.value / 2);
  const { share } = majorityOf(sorted.map(({ value }) => `${value}`)).agreement;
  return { json, agreement: { share, tie: false, min: first.value, max: last.value } };
}

/** Whether it is a number that a double can hold. */
function isNumber(text: string): boolean {
  return NUMBER.test(text) && Number.isFinite(Number(text));
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The most frequent value; of several, the one that was given first. Strings, booleans, null, arrays and objects are
 * equal when they are the same JSON, whatever its spelling; objects when their properties stand in the same order.
 *
 * @param values JSON texts, at least one.
 */
export function majorityOf(values: readonly string[]): Vote {
  const counts = new Map<string, { readonly json: string; count: number }>();
  for (const json of values) {
    const key = canonicalOf(json);
    const entry = counts.get(key) ?? { json, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  const most = Math.max(...[...counts.values()].map(({ count }) => count));
  const leaders = [...counts.values()].filter(({ count }) => count === most);
  const json = leaders[0]?.json ?? "null";
  return { json, agreement: { share: most / values.length, tie: leaders.length > 1 } };
}

/** A text by which equal values are equal. */
export function canonicalOf(json: string): string {
  return JSON.stringify(JSON.parse(compact(json)));
}
