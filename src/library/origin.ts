import { UsageError } from "../core/errors.ts";
import type { Position } from "../core/records.ts";
import { respell } from "../core/respell.ts";
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
 * A row as JSON on one line, spelled as it was read wherever it is as it was read.
 *
 * @throws {UsageError} for what JSON cannot hold
 */
export function spell(row: object): string {
  const origin = originOf(row);
  try {
    if (origin !== undefined) return respell(origin.text, row);
    const text: string | undefined = JSON.stringify(row);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new UsageError(`a row cannot be written as JSON: ${String(cause)}`, { hint: HINT, cause });
  }
  throw new UsageError("a row cannot be written as JSON", { hint: HINT });
}

const HINT = "A row is an object of strings, numbers, booleans, null, arrays and objects.";
