import type { LiveGate, LivePermit } from "../../src/core/live-gate.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";

/** Anything that does not end before the test does. */
export const never: AbortSignal = new AbortController().signal;

/** A server that lets so many calls pass per second, and holds so many in store. It names an honest retry-after. */
export class BucketServer {
  readonly #clock: VirtualClock;
  readonly #perMs: number;
  readonly #capacity: number;
  readonly #latencyMs: number;
  readonly #namesWait: boolean;
  #level: number;
  #levelAt: number;
  #toldUntil = Number.NEGATIVE_INFINITY;
  answered = 0;
  /** When each 429 was given. */
  readonly refusals: number[] = [];
  readonly arrivals: number[] = [];
  /** Calls that came although the client had been told to wait for longer. */
  early = 0;

  constructor(clock: VirtualClock, model: { perSecond: number; capacity: number; latencyMs: number; named?: boolean }) {
    this.#clock = clock;
    this.#perMs = model.perSecond / 1000;
    this.#capacity = model.capacity;
    this.#latencyMs = model.latencyMs;
    this.#namesWait = model.named ?? true;
    this.#level = model.capacity;
    this.#levelAt = clock.now();
  }

  /** One call, as a worker makes it. @returns whether it was answered */
  async call(permit: LivePermit): Promise<boolean> {
    const now = this.#clock.now();
    this.arrivals.push(now);
    if (now < this.#toldUntil) this.early++;
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#levelAt) * this.#perMs);
    this.#levelAt = now;
    const isAnswered = this.#level >= 1;
    if (isAnswered) this.#level--;
    const retryAfterMs = Math.ceil((1 - this.#level) / this.#perMs);
    await this.#clock.sleep(this.#latencyMs);
    if (isAnswered) {
      this.answered++;
      permit.end({ kind: "answered" });
    } else {
      this.refusals.push(this.#clock.now());
      if (this.#namesWait) this.#toldUntil = Math.max(this.#toldUntil, this.#clock.now() + retryAfterMs);
      permit.end({ kind: "rate_limited", ...(this.#namesWait ? { retryAfterMs } : {}) });
    }
    return isAnswered;
  }
}

/** Workers that do so many calls together, each of them until it is answered. */
export async function work(
  gate: LiveGate,
  server: BucketServer,
  { workers, calls }: { workers: number; calls: number },
) {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) while (!(await server.call(await gate.enter(1, never))));
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** The most that falls into any window [t, t + length). Times ascend. */
export function mostWithin(spent: readonly { readonly at: number; readonly cost: number }[], lengthMs: number): number {
  let most = 0;
  let sum = 0;
  let from = 0;
  for (const { at, cost } of spent) {
    sum += cost;
    for (let oldest = spent[from]; oldest !== undefined && oldest.at <= at - lengthMs; oldest = spent[++from]) {
      sum -= oldest.cost;
    }
    most = Math.max(most, sum);
  }
  return most;
}
