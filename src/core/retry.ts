import { type Backoff, nextDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";

export interface RetryOptions {
  readonly backoff: Backoff;
  /** Tries after the first one. */
  readonly retries: number;
  /** Whether an error may pass by itself. */
  readonly isTransient: (error: unknown) => boolean;
  /** A wait that the other side asked for, in milliseconds; the longer of it and the backoff is kept. */
  readonly requestedDelayMs?: (error: unknown) => number | undefined;
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Runs a task again while it fails transiently.
 *
 * @throws the last error, or the signal's reason
 */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      if (attempt >= options.retries || !options.isTransient(error)) throw error;
      const delayMs = Math.max(nextDelay(options.backoff, attempt), options.requestedDelayMs?.(error) ?? 0);
      options.onRetry?.(error, attempt + 1, delayMs);
      await options.clock.sleep(delayMs, options.signal);
    }
  }
}
