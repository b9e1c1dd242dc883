import { deepStrictEqual, ok } from "node:assert/strict";
import { FAILURE_CODES } from "../../src/core/records.ts";
import type { Billing } from "./emulator-view.ts";

interface OutputRow {
  readonly id: number;
  readonly grade?: unknown;
  readonly grade_error?: { readonly code: string };
}

const KNOWN_CODES: ReadonlySet<string> = new Set(FAILURE_CODES);

/**
 * Every row is out once, in order, with an answer or one of the known reasons; the exit status says which.
 *
 * @throws {AssertionError}
 */
export function checkRows(output: readonly string[], ids: readonly number[], status: number | undefined): void {
  const rows = output.filter((line) => line !== "").map((line): OutputRow => JSON.parse(line));
  const foundIds = rows.map(({ id }) => id);
  deepStrictEqual(foundIds, ids);
  deepStrictEqual(
    rows.filter((row) => !isAnswered(row) && !isFailed(row)),
    [],
  );
  deepStrictEqual(status, rows.every(isAnswered) ? 0 : 1);
}

function isAnswered({ grade, grade_error: error }: OutputRow): boolean {
  return error === undefined && typeof grade === "object" && grade !== null;
}

function isFailed({ grade, grade_error: error }: OutputRow): boolean {
  return grade === null && error !== undefined && KNOWN_CODES.has(error.code);
}

/** Faults by which an answer that is billed does not come through, and has to be asked for again. */
const PAID_IN_VAIN = ["line_lost", "line_corrupt", "line_invalid_answer", "line_cut_off"];

/**
 * Nothing was billed twice but what the faults have made worthless.
 *
 * @param strikes How often each fault struck.
 * @param distinct How many requests there are to ask.
 * @throws {AssertionError}
 */
export function checkBill({ requests }: Billing, strikes: Readonly<Record<string, number>>, distinct: number): void {
  const inVain = PAID_IN_VAIN.reduce((sum, name) => sum + (strikes[name] ?? 0), 0);
  ok(requests <= distinct + inVain, `${requests} were billed; ${distinct} to ask, ${inVain} in vain`);
}
