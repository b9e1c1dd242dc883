/** The examples as templates see them: a list to loop over, printed as a numbered list. */
export class ExampleList extends Array<string> {
  /** A line per example; with a blank line between them when any has several lines. */
  override toString(): string {
    const gap = this.some((example) => example.includes("\n")) ? "\n\n" : "\n";
    return Array.from(this, (example, index) => `${index + 1}. ${example}`).join(gap);
  }

  /** Maps and slices of it are plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}
