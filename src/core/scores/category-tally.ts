import type { CategoryCount, CategoryDistribution } from "./distribution.ts";
import type { Category, ScoreField } from "./score-field.ts";

/** Values that are listed. */
const MAX_LISTED = 100;

/** Counts the values that a schema lists. */
export class CategoryTally {
  readonly #counts: Map<Category, number>;
  #count = 0;

  constructor(values: readonly Category[]) {
    this.#counts = new Map(values.map((value) => [value, 0]));
  }

  /** @returns whether it is one of the listed values */
  add(value: unknown): boolean {
    const key = value as Category;
    const count = this.#counts.get(key);
    if (count === undefined) return false;
    this.#counts.set(key, count + 1);
    this.#count++;
    return true;
  }

  distribution({ name }: ScoreField, absent: number): CategoryDistribution {
    const values = mostFrequent([...this.#counts].map(([value, count]) => ({ value, count })));
    const listed = values.reduce((sum, { count }) => sum + count, 0);
    return { field: name, kind: "category", answers: this.#count, absent, values, others: this.#count - listed };
  }
}

function mostFrequent(values: readonly CategoryCount[]): readonly CategoryCount[] {
  if (values.length <= MAX_LISTED) return values;
  return values.toSorted((a, b) => b.count - a.count).slice(0, MAX_LISTED);
}
