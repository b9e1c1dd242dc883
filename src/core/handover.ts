/** Hands things from who has them to who takes them, one at a time: who has the next waits until this one was used. */
export class Handover<T> implements AsyncIterable<T> {
  #offer = Promise.withResolvers<{ readonly value: T } | undefined>();
  #use = Promise.withResolvers<void>();

  /** @returns when the taker has come back for the next */
  put(value: T): Promise<void> {
    this.#offer.resolve({ value });
    return this.#use.promise;
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#offer.resolve(undefined);
  }

  /** Says why nothing more comes; the taker is thrown it. */
  fail(error: unknown): void {
    this.#offer.promise.catch(() => {});
    this.#offer.reject(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let offer = await this.#offer.promise; offer !== undefined; offer = await this.#offer.promise) {
      const use = this.#use;
      this.#offer = Promise.withResolvers();
      this.#use = Promise.withResolvers();
      yield offer.value;
      use.resolve();
    }
  }
}
