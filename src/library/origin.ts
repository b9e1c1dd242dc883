import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../core/errors.ts";
import { topLevelEntries } from "../core/json-text.ts";
import type { Position } from "../core/records.ts";
import type { AskPlan } from "./ask-plan.ts";

/** Where a row came from, and how it was spelled there. */
export interface Origin {
  readonly position: Position;
  /** JSON of an object on one line. */
  readonly text: string;
  /** Of a request: what it was made from, and how it is to be asked. */
  readonly plan?: AskPlan;
}

const origins = new WeakMap<object, Origin>();

/** What is known of a row's origin; a row that the program made has none. */
export function originOf(row: unknown): Origin | undefined {
  return typeof row === "object" && row !== null ? origins.get(row) : undefined;
}

/** Notes a row's origin. The first one stays. */
export function setOrigin(row: unknown, origin: Origin | undefined): void {
  if (typeof row !== "object" || row === null || origin === undefined || origins.has(row)) return;
  origins.set(row, origin);
}

/** Where a row was read; a row without origin has none but its number. */
export function positionOf(row: unknown, number = 0): Position {
  return originOf(row)?.position ?? { file: "rows", line: number, byteOffset: 0 };
}

/**
 * A row as JSON on one line. What stands in it as it was read is spelled as it was read: numbers, escapes, and for a row
 * that is unchanged the order of its fields and the space between them.
 *
 * @throws {UsageError} for what JSON cannot hold
 */
export function spell(row: object): string {
  const plain = stringify(row);
  const origin = originOf(row);
  if (origin === undefined || origin.text === plain) return plain;
  const before = new OriginalFields(origin.text);
  if (before.isWhole(row)) return origin.text;
  const fields = Object.entries(row).flatMap(([name, value]) => {
    const text = before.textOf(name, value) ?? stringify(value, true);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${fields.join(",")}}`;
}

/** The fields that a text has, and their values. */
class OriginalFields {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(text: string) {
    this.#texts = new Map(topLevelEntries(text));
    this.#values = JSON.parse(text);
  }

  /** How the field was spelled, if it has the value that it had. */
  textOf(name: string, value: unknown): string | undefined {
    return isDeepStrictEqual(value, this.#values[name]) ? this.#texts.get(name) : undefined;
  }

  isWhole(row: object): boolean {
    return isDeepStrictEqual(row, this.#values);
  }
}

function stringify(value: unknown): string;
function stringify(value: unknown, mayBeNothing: true): string | undefined;
function stringify(value: unknown, mayBeNothing = false): string | undefined {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined || mayBeNothing) return text;
  } catch (cause) {
    throw new UsageError(`a row cannot be written as JSON: ${String(cause)}`, { hint: HINT, cause });
  }
  throw new UsageError("a row cannot be written as JSON", { hint: HINT });
}

const HINT = "A row is an object of strings, numbers, booleans, null, arrays and objects.";
