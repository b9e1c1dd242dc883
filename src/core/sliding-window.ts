/** Costs of the same moment, kept as one. They all leave the window with the last of them. */
export interface Slot {
  readonly firstAt: number;
  lastAt: number;
  cost: number;
  isPast: boolean;
}

/** Slots are so many to a window: what bounds the memory, whatever the rate. */
const SLOTS = 240;

/** The sum of what was spent within the last so many milliseconds: [now - length, now). */
export class SlidingWindow {
  readonly #lengthMs: number;
  readonly #slots: Slot[] = [];
  #sum = 0;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** When the oldest leaves, in milliseconds since the Unix epoch; `now` when there is room for the cost already. */
  roomAt(cost: number, limit: number, now: number): number {
    const oldest = this.#trim(now);
    return oldest === undefined || this.#sum + cost <= limit ? now : oldest.lastAt + this.#lengthMs;
  }

  /** @returns what {@link correct} takes */
  add(cost: number, now: number): Slot {
    const slot = this.#slotAt(now);
    slot.cost += cost;
    this.#sum += cost;
    return slot;
  }

  /** Changes what was spent before, as if it had been so from the beginning. */
  correct(slot: Slot, difference: number): void {
    if (slot.isPast) return;
    slot.cost += difference;
    this.#sum += difference;
  }

  #trim(now: number): Slot | undefined {
    for (;;) {
      const [oldest] = this.#slots;
      if (oldest === undefined || oldest.lastAt + this.#lengthMs > now) return oldest;
      oldest.isPast = true;
      this.#sum -= oldest.cost;
      this.#slots.shift();
    }
  }

  #slotAt(now: number): Slot {
    const latest = this.#slots.at(-1);
    if (latest !== undefined && now - latest.firstAt < this.#lengthMs / SLOTS) {
      latest.lastAt = Math.max(latest.lastAt, now);
      return latest;
    }
    const slot = { firstAt: now, lastAt: now, cost: 0, isPast: false };
    this.#slots.push(slot);
    return slot;
  }
}
