import type { GoodRow, Row } from "../../core/records.ts";

/** What a step knows, beside the rows. */
export interface StepContext {
  readonly signal: AbortSignal;
  /** What the step says of the rows that do not go on, and of those that it has made. */
  readonly tally: Tally;
}

/** Rows that a step has dropped, and that it has added. */
export interface Tally {
  dropped: number;
  added: number;
}

/** A step of a pipeline that asks nothing: it shapes rows, leaves some out, or makes more of them. */
export interface RowStep {
  /** @returns the rows that go on, in the order in which they came; failed ones and unreadable ones among them */
  apply(rows: readonly Row[], context: StepContext): readonly Row[] | Promise<readonly Row[]>;
  /** What becomes of a field's name; undefined when the field is dropped. */
  nameAfter(name: string): string | undefined;
  /** Fields that it adds to every row. */
  readonly adds: readonly string[];
  /** Whether it runs code that is not bg-pipe's, which may do anything. */
  readonly isForeign?: true;
}

/** Applies a function to the rows that can be read and have not failed; the others pass. */
export function mapGood(rows: readonly Row[], map: (row: GoodRow) => GoodRow): readonly Row[] {
  return rows.map((row) => (isGood(row) ? map(row) : row));
}

/** Whether a row can be read and has not failed. */
export function isGood(row: Row): row is GoodRow {
  return row.kind === "row" && row.failure === undefined;
}

/** Whether a field says why a row failed; those are kept whatever is selected. */
export function isErrorField(name: string): boolean {
  return name === "error" || name.endsWith("_error");
}
