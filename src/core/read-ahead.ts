import { Change } from "./concurrency.ts";

/**
 * Keeps live requests from running ahead: of the calls that can be under way, and of whoever takes the rows out.
 *
 * Answers that nobody takes out are counted since the last time somebody came for rows; a row that has to wait for its
 * turn in the output is no reason to stop.
 */
export class ReadAhead {
  readonly #change = new Change();
  readonly #limit: () => number;
  #queued = 0;
  #isConsumerBusy = false;
  #answersSinceBusy = 0;

  /** @param limit How many requests may wait, and answers be left lying, at the moment. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Says that requests have been read that wait for their call. */
  queue(requests: number): void {
    this.#queued += requests;
  }

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#queued <= 0;
  }

  /** Says that one of them waits no longer. */
  unqueue(requests = 1): void {
    this.#queued -= requests;
    this.#change.notify();
  }

  /** Says that a request has been answered. */
  answered(): void {
    this.#answersSinceBusy++;
  }

  /** Pulls what holds requests, each time only when more of them may wait. @throws the signal's reason */
  async *pull<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
    for await (const item of source) {
      yield item;
      while (this.#queued >= this.#limit()) await this.#change.next(signal);
    }
  }

  /** Waits until another call may be made. @throws the signal's reason */
  async mayAsk(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#isConsumerBusy && this.#answersSinceBusy >= this.#limit()) await this.#change.next(signal);
  }

  /** Hands rows through to whoever takes them out, and watches how long they are at it. */
  async *watch<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const some of rows) {
      this.#isConsumerBusy = true;
      this.#answersSinceBusy = 0;
      yield some;
      this.#isConsumerBusy = false;
      this.#change.notify();
    }
  }
}
