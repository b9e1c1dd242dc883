import type { GoodRow, Row } from "../../core/records.ts";

/** What a step knows, beside the rows. */
export interface StepContext {
  readonly signal: AbortSignal;
}

/** A step of a pipeline that asks nothing: it shapes rows, leaves some out, or makes more of them. */
export interface RowStep {
  /** @returns the rows that go on, in the order in which they came; failed ones and unreadable ones among them */
  apply(rows: readonly Row[], context: StepContext): readonly Row[] | Promise<readonly Row[]>;
  /** What becomes of a field's name; undefined when the field is dropped. */
  nameAfter(name: string): string | undefined;
  /** Fields that it adds to every row. */
  readonly adds: readonly string[];
}

/** Applies a function to the rows that can be read and have not failed; the others pass. */
export function mapGood(rows: readonly Row[], map: (row: GoodRow) => GoodRow | undefined): readonly Row[] {
  const mapped = rows.map((row) => (isGood(row) ? map(row) : row));
  return mapped.filter((row) => row !== undefined);
}

/** Whether a row can be read and has not failed. */
export function isGood(row: Row): row is GoodRow {
  return row.kind === "row" && row.failure === undefined;
}

/** Whether a field says why a row failed; those are kept whatever is selected. */
export function isErrorField(name: string): boolean {
  return name === "error" || name.endsWith("_error");
}
