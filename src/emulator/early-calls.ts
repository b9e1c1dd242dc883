/** What was on its way already when a client was told to wait has arrived by then. */
const GRACE_MS = 250;

interface Told {
  readonly at: number;
  readonly until: number;
}

/**
 * Tells which calls come although their client has been told to wait.
 *
 * A client cannot heed a 429 that it has not read yet. It has surely read it when the call comes over a connection that
 * has carried a later reply, or after a while.
 */
export class EarlyCalls {
  #told: Told[] = [];
  readonly #repliedAt = new WeakMap<object, number>();

  /** A client is told at `now` to wait. */
  tell(now: number, waitMs: number): void {
    const until = now + waitMs;
    const isLongest = this.#told.every((told) => told.until < until);
    if (isLongest) this.#told.push({ at: now, until });
  }

  /** A reply goes out over a connection. */
  onReply(connection: object, now: number): void {
    this.#repliedAt.set(connection, now);
  }

  isEarly(connection: object, now: number): boolean {
    this.#told = this.#told.filter(({ until }) => until > now);
    const repliedAt = this.#repliedAt.get(connection) ?? Number.NEGATIVE_INFINITY;
    return this.#told.some(({ at }) => at <= repliedAt || at + GRACE_MS <= now);
  }
}
