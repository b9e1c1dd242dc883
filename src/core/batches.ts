/** How many rows and bytes travel together. Both bounds hold, so a few huge rows do not fill the memory. */
export const ROWS_PER_ARRAY = 256;
export const BYTES_PER_ARRAY = 1 << 18;

/** Collects items into arrays of at most {@link ROWS_PER_ARRAY} items and about {@link BYTES_PER_ARRAY} bytes. */
export class ArrayBuilder<T> {
  #items: T[] = [];
  #bytes = 0;

  /** Adds an item of that many bytes; the array is due when `isFull`. */
  add(item: T, bytes: number): void {
    this.#items.push(item);
    this.#bytes += bytes;
  }

  get isFull(): boolean {
    return this.#items.length >= ROWS_PER_ARRAY || this.#bytes >= BYTES_PER_ARRAY;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Hands out what was collected and starts anew. */
  take(): readonly T[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    return items;
  }
}
