/** A growing wait. A value: {@link nextDelay} is pure. */
export interface Backoff {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the wait that is random, 0 to 1, so that many clients do not come back as one. */
  readonly jitter: number;
}

/** A wait for a service that is looked at as often as `pace` says: never longer than it has between two looks. */
export function paced(backoff: Backoff, pace: Pick<Backoff, "firstMs" | "maxMs">): Backoff {
  return {
    ...backoff,
    firstMs: Math.min(backoff.firstMs, pace.firstMs),
    maxMs: Math.min(backoff.maxMs, pace.maxMs),
  };
}

/**
 * The wait before try number `attempt` (0-based): `first × factor^attempt`, capped, less up to `jitter` of itself.
 *
 * @param random A number in [0, 1).
 * @returns milliseconds
 */
export function nextDelay(backoff: Backoff, attempt: number, random: number = Math.random()): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** attempt);
  return full * (1 - backoff.jitter * random);
}
