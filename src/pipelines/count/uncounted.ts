import type { Failure, FailureCode, Position } from "../../core/records.ts";

/** How many rows are named one by one. */
const NAMED_ROWS = 5;

/** A row that cannot be asked, and so has no tokens to count. */
export interface UncountedRow {
  /** File and line, or for JSON the number of the record: `rows.jsonl:7`. */
  readonly place: string;
  readonly failure: Failure;
}

/** Rows that cannot be asked, as plain data. */
export interface Uncounted {
  readonly byCode: ReadonlyMap<FailureCode, number>;
  readonly first: readonly UncountedRow[];
}

/** Collects rows that cannot be asked: how many by code, and the first few. */
export class UncountedRows implements Uncounted {
  readonly byCode = new Map<FailureCode, number>();
  readonly first: UncountedRow[] = [];

  add({ file, line }: Position, failure: Failure): void {
    this.#count(failure.code, 1);
    if (this.first.length < NAMED_ROWS) this.first.push({ place: `${file}:${line}`, failure });
  }

  addAll({ byCode, first }: Uncounted): void {
    for (const [code, rows] of byCode) this.#count(code, rows);
    this.first.push(...first.slice(0, NAMED_ROWS - this.first.length));
  }

  get rows(): number {
    return rowsOf(this);
  }

  #count(code: FailureCode, rows: number): void {
    this.byCode.set(code, (this.byCode.get(code) ?? 0) + rows);
  }
}

/** How many rows there are of all codes. */
export function rowsOf({ byCode }: Uncounted): number {
  let rows = 0;
  for (const some of byCode.values()) rows += some;
  return rows;
}
