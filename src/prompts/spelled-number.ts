import { renderValue } from "../core/json-text.ts";

/**
 * A number that a template compares and computes with like any other, but prints as the input spelled it
 * (`12345678901234567890`, `1.10`). Stands in for a raw JSON number, which is an object without a value.
 */
export class SpelledNumber {
  readonly #raw: unknown;

  constructor(raw: unknown) {
    this.#raw = raw;
  }

  toString(): string {
    return renderValue(this.#raw);
  }

  valueOf(): number {
    return Number(this.toString());
  }

  toJSON(): unknown {
    return this.#raw;
  }

  // The five below are what the template engine asks of a value that compares itself.

  equals(other: unknown): boolean {
    return this.valueOf() === plain(other);
  }

  gt(other: unknown): boolean {
    return this.valueOf() > Number(plain(other));
  }

  geq(other: unknown): boolean {
    return this.valueOf() >= Number(plain(other));
  }

  lt(other: unknown): boolean {
    return this.valueOf() < Number(plain(other));
  }

  leq(other: unknown): boolean {
    return this.valueOf() <= Number(plain(other));
  }
}

/** The value with raw JSON numbers, itself or in its array, made usable in a template. */
export function withSpelledNumbers(value: unknown): unknown {
  if (isRawNumber(value)) return new SpelledNumber(value);
  return Array.isArray(value) && value.some(isRawNumber) ? value.map(withSpelledNumbers) : value;
}

/** A raw JSON number has no prototype, unlike any object that JSON.parse makes. */
function isRawNumber(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null && "rawJSON" in value;
}

function plain(value: unknown): unknown {
  return value instanceof SpelledNumber ? value.valueOf() : value;
}
