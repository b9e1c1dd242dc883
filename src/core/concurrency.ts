/**
 * Works on items as they come, at most `limit` at once, which may change on the way. The next item is pulled only when there is room for it, so
 * the limit is what the source feels as backpressure. The first failure aborts `stop`, which source and work are to
 * heed; what is under way is waited for, and the failure is thrown.
 */
export async function forEachConcurrent<T>(
  source: AsyncIterable<T>,
  { limit, stop }: { readonly limit: number | (() => number); readonly stop: AbortController },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const active = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    stop.abort(error);
  };
  try {
    for await (const item of source) {
      const task: Promise<void> = work(item)
        .catch(fail)
        .finally(() => active.delete(task));
      active.add(task);
      const most = typeof limit === "number" ? limit : limit();
      if (active.size >= most) await Promise.race(active);
      if (failure !== undefined) break;
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(active);
  if (failure !== undefined) throw failure.error;
}

/** Lets several waiters sleep until something has changed. */
export class Change {
  #waiters: (() => void)[] = [];

  /** Wakes everyone who waits now. */
  notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Resolves at the next {@link notify}. @throws the signal's reason when it aborts first */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const wake = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((waiter) => waiter !== wake);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(wake);
    });
  }
}
