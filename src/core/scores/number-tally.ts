import type { Quantiles } from "./distribution.ts";

/** Distinct values that are counted one by one, and bins that take their place. */
const MAX_BINS = 1_024;

/** A value, or the middle of a bin, and how often it came. */
export type Weighted = readonly [value: number, count: number];

/**
 * Counts numbers in bounded memory: each by itself while few differ, then in bins whose width is a power of two and
 * doubles as the range grows. Such bins nest, so what comes out does not depend on the order in which numbers came.
 */
export class NumberTally {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  /** By value while the width is 0, else by the bin's number. */
  #counts = new Map<number, number>();
  #width = 0;

  /** @param value Finite. */
  add(value: number): void {
    this.count++;
    this.#sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.#width > 0 && !this.#fits(this.#width)) this.#bin(this.#width);
    const key = this.#keyOf(value);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (this.#width === 0 && this.#counts.size > MAX_BINS) this.#bin(this.#firstWidth());
  }

  /** Whether every value was counted by itself. */
  get isExact(): boolean {
    return this.#width === 0;
  }

  get mean(): number {
    return this.#sum / this.count;
  }

  /** Values in ascending order: at most 1,024. */
  values(): readonly Weighted[] {
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    if (this.#width === 0) return sorted;
    return sorted.map(([index, count]) => [this.#within((index + 0.5) * this.#width), count] as const);
  }

  quantiles(): Quantiles {
    const values = this.values();
    const at = (percent: number) => this.#quantile(values, percent);
    return { p5: at(5), p25: at(25), p50: at(50), p75: at(75), p95: at(95) };
  }

  #quantile(values: readonly Weighted[], percent: number): number {
    let seen = 0;
    for (const [value, count] of values) {
      seen += count;
      if (seen * 100 >= percent * this.count) return value;
    }
    return this.max;
  }

  #keyOf(value: number): number {
    return this.#width === 0 ? value : Math.floor(value / this.#width);
  }

  /** A bin's middle may lie beyond the outermost values. */
  #within(value: number): number {
    return Math.min(this.max, Math.max(this.min, value));
  }

  #fits(width: number): boolean {
    return Math.floor(this.max / width) - Math.floor(this.min / width) < MAX_BINS;
  }

  /** The least that may do. A bin's number has to be a whole number that a double can hold. */
  #firstWidth(): number {
    const range = this.max / MAX_BINS - this.min / MAX_BINS;
    const precision = Math.max(Math.abs(this.min), Math.abs(this.max)) * 2 ** -52;
    return 2 ** Math.floor(Math.log2(Math.max(range, precision, 2 ** -1000)));
  }

  #bin(from: number): void {
    let width = from;
    while (!this.#fits(width)) width *= 2;
    const before = this.#counts;
    const unit = this.#width === 0 ? 1 : this.#width;
    this.#counts = new Map();
    this.#width = width;
    for (const [key, count] of before) {
      const index = Math.floor((key * unit) / width);
      this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    }
  }
}
