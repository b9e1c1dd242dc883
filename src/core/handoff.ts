import { Change } from "./concurrency.ts";

/**
 * Hands items from one who puts to one who takes. No more than one lies between them: who puts waits until the one
 * before was taken.
 */
export class Handoff<T> implements AsyncIterable<T> {
  readonly #signal: AbortSignal;
  readonly #change = new Change();
  #waiting: { readonly item: T } | undefined;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;

  /** @param signal Ends the waiting of both, with its reason. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws the signal's reason when it aborts first */
  async put(item: T): Promise<void> {
    while (this.#waiting !== undefined) await this.#change.next(this.#signal);
    this.#waiting = { item };
    this.#change.notify();
  }

  /** Says that no more will come. */
  end(): void {
    this.#end ??= {};
    this.#change.notify();
  }

  /** Says that no more will come, and why; who takes has the error thrown, behind what was put before. */
  fail(error: unknown): void {
    this.#end ??= { failure: { error } };
    this.#change.notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const waiting = this.#waiting;
      if (waiting !== undefined) {
        this.#waiting = undefined;
        this.#change.notify();
        yield waiting.item;
      } else if (this.#end?.failure !== undefined) throw this.#end.failure.error;
      else if (this.#end !== undefined) return;
      else await this.#change.next(this.#signal);
    }
  }
}
