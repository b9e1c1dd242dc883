import { CategoryTally } from "./category-tally.ts";
import type { Distribution } from "./distribution.ts";
import { numberDistribution } from "./number-distribution.ts";
import { NumberTally } from "./number-tally.ts";
import type { ScoreField } from "./score-field.ts";

/** Counts the values of some fields of the answers as they pass, in bounded memory. */
export class ScoreTally {
  readonly #fields: readonly FieldTally[];

  constructor(fields: readonly ScoreField[]) {
    this.#fields = fields.map((field) => new FieldTally(field));
  }

  /** Counts an answer. @param text Its JSON. */
  add(text: string): void {
    if (this.#fields.length === 0) return;
    const answer: unknown = JSON.parse(text);
    for (const field of this.#fields) field.add(answer);
  }

  /** What has been counted so far, in the order of the fields. */
  distributions(): readonly Distribution[] {
    return this.#fields.map((field) => field.distribution());
  }
}

class FieldTally {
  readonly #field: ScoreField;
  readonly #numbers = new NumberTally();
  readonly #categories: CategoryTally;
  #absent = 0;

  constructor(field: ScoreField) {
    this.#field = field;
    this.#categories = new CategoryTally(field.kind === "category" ? (field.values ?? []) : []);
  }

  add(answer: unknown): void {
    const value = valueAt(answer, this.#field.path);
    if (this.#field.kind === "category") {
      if (!this.#categories.add(value)) this.#absent++;
    } else if (typeof value === "number" && Number.isFinite(value)) this.#numbers.add(value);
    else this.#absent++;
  }

  distribution(): Distribution {
    return this.#field.kind === "category"
      ? this.#categories.distribution(this.#field, this.#absent)
      : numberDistribution(this.#field, this.#numbers, this.#absent);
  }
}

function valueAt(answer: unknown, path: readonly string[]): unknown {
  let value = answer;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
