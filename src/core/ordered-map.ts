import { unlessAborted } from "./abort.ts";

/** How many calls run at a time, and what ends them. */
export interface OrderedMapOptions {
  readonly concurrency: number;
  /** Aborts when the work is to end. */
  readonly signal: AbortSignal;
}

/**
 * Works on items as they come, at most `concurrency` at once, and gives the results in the order of the items. The next
 * array is pulled only when all of the last one is at work, so what limits the work limits the source. The first failure
 * ends it.
 *
 * @throws what the work throws, or the signal's reason
 */
export async function* mapOrdered<In, Out>(
  source: AsyncIterable<readonly In[]>,
  options: OrderedMapOptions,
  work: (item: In) => Out | Promise<Out>,
): AsyncGenerator<readonly Out[]> {
  const window = new Window(source[Symbol.asyncIterator](), options, work);
  try {
    for (let results = await window.next(); results !== undefined; results = await window.next()) yield results;
  } finally {
    await window.close();
  }
}

/** A call that is under way, or has ended. */
interface Slot<Out> {
  /** Undefined when it worked at once. */
  readonly ended?: Promise<void>;
  result?: { readonly value: Out } | { readonly error: unknown };
}

/** The items between the source and the results. */
class Window<In, Out> {
  readonly #iterator: AsyncIterator<readonly In[]>;
  readonly #options: OrderedMapOptions;
  readonly #work: (item: In) => Out | Promise<Out>;
  readonly #slots: Slot<Out>[] = [];
  /** What is left of the last array. */
  #waiting: Iterator<In> | undefined;
  #pull: Promise<void> | undefined;
  #isDone = false;

  constructor(
    iterator: AsyncIterator<readonly In[]>,
    options: OrderedMapOptions,
    work: (item: In) => Out | Promise<Out>,
  ) {
    this.#iterator = iterator;
    this.#options = options;
    this.#work = work;
  }

  /** The results at the front that are ready, at least one; undefined at the end. */
  async next(): Promise<readonly Out[] | undefined> {
    const { signal } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const ready = this.#advance();
      if (ready.length > 0) return ready;
      const first = this.#slots[0];
      if (first === undefined && this.#isDone) return undefined;
      await unlessAborted(Promise.race([first?.ended, this.#pull].filter((event) => event !== undefined)), signal);
    }
  }

  /** Lets go of the source. One that is in the middle of a step ends after it. */
  async close(): Promise<void> {
    if (this.#isDone) return;
    const closed = this.#iterator.return?.();
    if (this.#pull === undefined) await closed;
    else closed?.catch(() => {});
  }

  /** Begins what there is room for, and takes what is ready. */
  #advance(): readonly Out[] {
    const ready = this.#take();
    while (this.#waiting !== undefined && this.#slots.length < this.#options.concurrency) {
      const { done, value } = this.#waiting.next();
      if (done === true) this.#waiting = undefined;
      else this.#slots.push(this.#begin(value));
      ready.push(...this.#take());
    }
    if (this.#waiting === undefined && !this.#isDone) this.#pull ??= this.#fill();
    return ready;
  }

  async #fill(): Promise<void> {
    try {
      const { value, done } = await this.#iterator.next();
      if (done === true) this.#isDone = true;
      else this.#waiting = value[Symbol.iterator]();
    } catch (error) {
      // It is thrown in its turn, behind the results of what came before.
      this.#isDone = true;
      this.#slots.push({ result: { error } });
    } finally {
      this.#pull = undefined;
    }
  }

  #begin(item: In): Slot<Out> {
    const outcome = this.#work(item);
    if (!(outcome instanceof Promise)) return { result: { value: outcome } };
    const slot: Slot<Out> = {
      ended: outcome.then(
        (value) => {
          slot.result = { value };
        },
        (error: unknown) => {
          slot.result = { error };
        },
      ),
    };
    return slot;
  }

  /** @throws what the work of the first item threw */
  #take(): Out[] {
    const taken: Out[] = [];
    for (let slot = this.#slots[0]; slot?.result !== undefined; slot = this.#slots[0]) {
      this.#slots.shift();
      if ("value" in slot.result) taken.push(slot.result.value);
      else if (taken.length === 0) throw slot.result.error;
      else {
        this.#slots.unshift(slot);
        return taken;
      }
    }
    return taken;
  }
}
