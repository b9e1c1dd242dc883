import type { Vocabulary } from "./vocabulary.ts";

/** Tokens of two bytes or more, by their first two bytes and then their length. */
export interface TokenOrder {
  readonly tokens: Uint32Array;
  /** Where the tokens of `first << 8 | second` start in `tokens`, and one more for the end of the last. */
  readonly starts: Uint32Array;
}

/** Sorts the tokens by their first two bytes, and those with the same by length. */
export function tokensByFirstPair(vocabulary: Vocabulary): TokenOrder {
  const { bytes, starts } = vocabulary.ranks;
  const pairOf = (token: number): number => {
    const at = starts[token] as number;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  };
  const all = Uint32Array.from({ length: vocabulary.size }, (_, token) => token);
  const lengths = countingSort(all, vocabulary.maxTokenBytes + 1, (token) => vocabulary.lengthOf(token));
  const longEnough = lengths.sorted.subarray(lengths.starts[2]);
  const pairs = countingSort(longEnough, 1 << 16, pairOf);
  return { tokens: pairs.sorted, starts: pairs.starts };
}

/** Sorts by a key below `keys`, and leaves the order among equals as it is. */
function countingSort(
  values: Uint32Array,
  keys: number,
  keyOf: (value: number) => number,
): { sorted: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(keys + 1);
  for (let at = 0; at < values.length; at++) increment(starts, keyOf(values[at] as number) + 1);
  for (let key = 1; key <= keys; key++) increment(starts, key, starts[key - 1]);
  const next = starts.slice();
  const sorted = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    sorted[increment(next, keyOf(value))] = value;
  }
  return { sorted, starts };
}

/** Adds to a number in a table, and returns what it was. */
function increment(table: Uint32Array, at: number, by = 1): number {
  const before = table[at] as number;
  table[at] = before + by;
  return before;
}
