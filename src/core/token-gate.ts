import { Change } from "./concurrency.ts";

/** Lets work in as long as the tokens of all that is inside stay within a limit. First come, first in. */
export class TokenGate {
  readonly #limit: number;
  readonly #change = new Change();
  readonly #queue: symbol[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Tokens of all that is inside. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Waits until there is room. What alone is more than the limit is let in when nothing else is inside.
   *
   * @returns the way out, to be called once
   */
  async enter(tokens: number, signal: AbortSignal): Promise<() => void> {
    const ticket = Symbol();
    this.#queue.push(ticket);
    try {
      while (this.#queue[0] !== ticket || !this.#hasRoom(tokens)) await this.#change.next(signal);
    } finally {
      this.#queue.splice(this.#queue.indexOf(ticket), 1);
      this.#change.notify();
    }
    this.#inside += tokens;
    return () => {
      this.#inside -= tokens;
      this.#change.notify();
    };
  }

  #hasRoom(tokens: number): boolean {
    return this.#inside === 0 || this.#inside + tokens <= this.#limit;
  }
}
