/**
 * Waits for a promise, or until the signal aborts.
 *
 * @throws the signal's reason when it aborts first
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Waits for the signal, and nothing else.
 *
 * @throws the signal's reason
 */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/**
 * What a source gives, until the signal aborts. A source that does not heed the signal is told to end, and not waited for.
 *
 * @throws the signal's reason when it aborts first
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const iterator = (Symbol.asyncIterator in source ? source : awaited(source))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(Promise.resolve(iterator.next()), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const closed = Promise.resolve(iterator.return?.());
    if (signal.aborted) closed.catch(() => {});
    else await closed;
  }
}

async function* awaited<T>(source: Iterable<T>): AsyncGenerator<T> {
  yield* source;
}
