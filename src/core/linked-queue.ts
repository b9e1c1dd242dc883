/** An item's place in a {@link LinkedQueue}, which alone changes it. */
export interface QueuePlace<T> {
  readonly item: T;
  previous: QueuePlace<T> | undefined;
  next: QueuePlace<T> | undefined;
  isIn: boolean;
}

/** First in, first out, and out of the middle too: every step takes constant time. */
export class LinkedQueue<T> {
  #head: QueuePlace<T> | undefined;
  #tail: QueuePlace<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): QueuePlace<T> | undefined {
    return this.#head;
  }

  /** Puts an item last. @returns what {@link remove} takes it out by */
  push(item: T): QueuePlace<T> {
    const node: QueuePlace<T> = { item, previous: this.#tail, next: undefined, isIn: true };
    if (this.#tail === undefined) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
    this.#size++;
    return node;
  }

  /** Takes an item out. @returns false when it was out already */
  remove(node: QueuePlace<T>): boolean {
    if (!node.isIn) return false;
    node.isIn = false;
    if (node.previous === undefined) this.#head = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#tail = node.previous;
    else node.next.previous = node.previous;
    this.#size--;
    return true;
  }
}
