/** Counts by one or more labels, such as an API's operation and the code that it answered with. */
export class LabelCounts<Label extends string> {
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<Label, string>>; count: number }>();

  add(labels: Readonly<Record<Label, string>>): void {
    const key = JSON.stringify(labels);
    const entry = this.#counts.get(key);
    if (entry === undefined) this.#counts.set(key, { labels, count: 1 });
    else entry.count++;
  }

  /** Labels with their counts, in the order of their first use. */
  entries(): readonly (readonly [Readonly<Record<Label, string>>, number])[] {
    return [...this.#counts.values()].map(({ labels, count }) => [labels, count]);
  }
}
