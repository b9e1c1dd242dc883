interface Watching {
  /** How often the rows come, one time after the other. */
  readonly times?: number;
  /** Waited for before each row. */
  readonly between?: () => Promise<unknown>;
  /** Thrown behind the last row. */
  readonly failure?: Error;
}

/** Rows that know how many of them were taken. */
export class WatchedRows<T> implements AsyncIterable<T> {
  taken = 0;
  isClosed = false;
  readonly #rows: readonly T[];
  readonly #watching: Watching;

  constructor(rows: readonly T[], watching: Watching = {}) {
    this.#rows = rows;
    this.#watching = watching;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    const { times = 1, between, failure } = this.#watching;
    try {
      for (let time = 0; time < times && this.#rows.length > 0; time++) {
        for (const row of this.#rows) {
          await between?.();
          this.taken++;
          yield structuredClone(row);
        }
      }
      if (failure !== undefined) throw failure;
    } finally {
      this.isClosed = true;
    }
  }
}
