/**
 * What thousands do when a signal they share aborts, with a single listener on it: a signal looks through all of its
 * listeners whenever one more is added.
 */
export class AbortListeners {
  readonly #bySignal = new Map<AbortSignal, SharedListener>();

  /** Calls back, once, when the signal aborts. The same function is there once per signal. */
  add(signal: AbortSignal, callback: () => void): void {
    const shared = this.#bySignal.get(signal) ?? this.#listenTo(signal);
    shared.callbacks.add(callback);
  }

  /** Takes back what {@link add} was given. */
  remove(signal: AbortSignal, callback: () => void): void {
    const shared = this.#bySignal.get(signal);
    if (shared === undefined) return;
    shared.callbacks.delete(callback);
    if (shared.callbacks.size === 0) this.#forget(signal, shared);
  }

  #listenTo(signal: AbortSignal): SharedListener {
    const callbacks = new Set<() => void>();
    const onAbort = () => {
      this.#bySignal.delete(signal);
      for (const callback of callbacks) callback();
    };
    const shared = { callbacks, onAbort };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#bySignal.set(signal, shared);
    return shared;
  }

  #forget(signal: AbortSignal, { onAbort }: SharedListener): void {
    signal.removeEventListener("abort", onAbort);
    this.#bySignal.delete(signal);
  }
}

interface SharedListener {
  readonly callbacks: Set<() => void>;
  readonly onAbort: () => void;
}
