import type { SQLOutputValue } from "node:sqlite";
import { InternalError } from "../core/errors.ts";

/** A row as `node:sqlite` returns it. */
export type Columns = Record<string, SQLOutputValue>;

/** @throws {InternalError} when the column is no number */
export function numberIn(columns: Columns, name: string): number {
  const value = columns[name];
  if (typeof value !== "number") throw new InternalError(`ledger column ${name} holds no number`);
  return value;
}

/** @throws {InternalError} when the column is no text */
export function textIn(columns: Columns, name: string): string {
  const value = columns[name];
  if (typeof value !== "string") throw new InternalError(`ledger column ${name} holds no text`);
  return value;
}

/** A number column that may be null. */
export function optionalNumberIn(columns: Columns, name: string): number | null {
  return columns[name] === null ? null : numberIn(columns, name);
}

/** A row that has to be there. @throws {InternalError} when it is not */
export function found(columns: Columns | undefined, what: string): Columns {
  if (columns === undefined) throw new InternalError(`the ledger knows no ${what}`);
  return columns;
}

/** An amount of money, read as a text. */
export function moneyIn(columns: Columns, name: string): bigint {
  return BigInt(textIn(columns, name));
}

/** A text column that may be null. */
export function optionalTextIn(columns: Columns, name: string): string | null {
  return columns[name] === null ? null : textIn(columns, name);
}
