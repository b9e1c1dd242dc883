import type { Row } from "../core/records.ts";

/** Rows are looked at no further than this: who has as much, has no few rows. */
const MAX_BYTES = 8 << 20;

export interface PeekedRows {
  /** Whether there are fewer rows than was asked. */
  readonly areFewer: boolean;
  /** All rows, those that were looked at too. */
  readonly rows: AsyncIterable<readonly Row[]>;
}

/** Looks whether there are fewer rows than so many, and gives them all on. */
export async function peekRows(rows: AsyncIterable<readonly Row[]>, count: number): Promise<PeekedRows> {
  const iterator = rows[Symbol.asyncIterator]();
  const seen: (readonly Row[])[] = [];
  let left = count;
  let bytes = 0;
  let isDone = false;
  while (left > 0 && bytes < MAX_BYTES && !isDone) {
    const { done, value } = await iterator.next();
    isDone = done === true;
    if (value === undefined) continue;
    seen.push(value);
    left -= value.length;
    bytes += value.reduce((sum: number, row: Row) => sum + (row.kind === "row" ? row.text : row.raw).length, 0);
  }
  return { areFewer: isDone && left > 0, rows: followedBy(seen, iterator) };
}

/** What was taken of a source, and then the rest of it. */
export async function* followedBy<T>(first: readonly T[], rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
