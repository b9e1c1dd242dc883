import { hash } from "node:crypto";

/** Different pairs that are kept; answers and labels that differ more are not of one scale. */
const MAX_PAIRS = 10_000;
/** Of a longer value the rest is known by its hash. */
const MAX_LENGTH = 200;

/** A value of a label or an answer as it is compared. */
export type Value = number | string | boolean;

/** A pair of a label and an answer, and how often there was one. */
export interface PairCount {
  readonly label: Value;
  readonly answer: Value;
  count: number;
}

/**
 * Counts pairs of labels and answers: all that is kept of the rows. Values are compared by these rules: numbers by their
 * value, also those that are written as strings; strings in lower case, without the space around them; `true` and
 * `false` as booleans, also those that are written as strings; anything else by its JSON.
 */
export class PairCounts {
  readonly #pairs = new Map<string, PairCount>();
  /** Rows that have both. */
  compared = 0;
  /** Rows without a label, and rows without an answer to one. */
  withoutLabel = 0;
  withoutAnswer = 0;
  /** Whether there were more different pairs than are kept. */
  isOverfull = false;

  /** @param label, answer Values of JSON; undefined, null or empty when there is none. */
  add(label: unknown, answer: unknown): void {
    const [known, given] = [normalise(label), normalise(answer)];
    if (known === undefined) this.withoutLabel++;
    else if (given === undefined) this.withoutAnswer++;
    else this.#count(known, given);
  }

  /**
   * The pairs. Where one side says `true` and `false`, the other side's 1 and 0, or yes and no, are those.
   */
  get pairs(): readonly PairCount[] {
    const pairs = [...this.#pairs.values()];
    const hasBooleans = pairs.some(({ label, answer }) => typeof label === "boolean" || typeof answer === "boolean");
    const areAll = pairs.every((pair) => toBoolean(pair.label) !== undefined && toBoolean(pair.answer) !== undefined);
    return hasBooleans && areAll ? pairs.map(asBooleans) : pairs;
  }

  /** Whether all labels are yes or no, in one of the ways to say it; ones alone may be numbers. */
  get areLabelsBoolean(): boolean {
    const labels = [...this.#pairs.values()].map(({ label }) => label);
    return labels.every((label) => BOOLEANS.has(label)) && labels.some((label) => label !== 1);
  }

  /** Whether all answers are true or false. */
  get areAnswersBoolean(): boolean {
    return [...this.#pairs.values()].every(({ answer }) => typeof answer === "boolean");
  }

  #count(label: Value, answer: Value): void {
    this.compared++;
    const key = JSON.stringify([label, answer]);
    const pair = this.#pairs.get(key) ?? { label, answer, count: 0 };
    if (pair.count === 0 && this.#pairs.size === MAX_PAIRS) {
      this.isOverfull = true;
      return;
    }
    pair.count++;
    this.#pairs.set(key, pair);
  }
}

function normalise(value: unknown): Value | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" || typeof value === "boolean") return typeof value === "number" ? value + 0 : value;
  const text = typeof value === "string" ? value.trim() : JSON.stringify(value);
  if (text === "") return undefined;
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number + 0;
  const lower = text.toLowerCase();
  if (lower.length > MAX_LENGTH) return `${lower.slice(0, MAX_LENGTH)}… ${hash("sha256", lower)}`;
  return lower === "true" || lower === "false" ? lower === "true" : lower;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const BOOLEANS: ReadonlyMap<Value, boolean> = new Map<Value, boolean>([
  [true, true],
  [1, true],
  ["yes", true],
  [false, false],
  [0, false],
  ["no", false],
]);

function toBoolean(value: Value): boolean | undefined {
  return BOOLEANS.get(value);
}

function asBooleans({ label, answer, count }: PairCount): PairCount {
  return { label: toBoolean(label) ?? label, answer: toBoolean(answer) ?? answer, count };
}
