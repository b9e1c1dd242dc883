import { unlessAborted } from "../../core/abort.ts";

/** Waits for things that are under way, and puts each into effect in the order in which they began. */
export class OrderedEffects {
  readonly #signal: AbortSignal;
  readonly #pending: Promise<() => void>[] = [];

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Adds one, and waits until fewer than `width` are under way.
   *
   * @throws what the first of them that fails has failed with, or the signal's reason
   */
  async add(effect: Promise<() => void>, width: number): Promise<void> {
    // It is waited for in its turn, which may be too late for Node.
    effect.catch(() => {});
    this.#pending.push(effect);
    while (this.#pending.length >= width) await this.#next();
  }

  /** Waits for all. */
  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.#next();
  }

  async #next(): Promise<void> {
    const first = this.#pending.shift();
    if (first === undefined) return;
    const effect = await unlessAborted(first, this.#signal);
    effect();
  }
}
