import { type Backoff, paced } from "../../core/backoff.ts";
import { CircuitBreaker, type Judgement, type Outage } from "../../core/circuit-breaker.ts";
import { messageOf } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import type { PollDefaults, ProviderSettings } from "../provider.ts";
import { isTransient, ProviderError } from "../provider-error.ts";
import { type ErrorContext, isAnswerOfApi, RETRY_AFTER_CAP_MS, translateError } from "./translate-error.ts";

const BACKOFF: Backoff = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** Tries after the first of a call that may be repeated: some seconds in all. What lasts longer is the caller's. */
const RETRIES = 4;
/** Calls in a row without an answer after which the API counts as out of order. */
const FAILURES_TO_OPEN = 5;
const COOL_DOWN: Backoff = { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.3 };
/** Calls that were held back go on spread over as long. */
const SPREAD_MS = 1_000;

/**
 * How an adapter makes its calls: errors become {@link ProviderError}s, and calls to an API that has stopped to answer
 * are held back. One that was never reached is left out of that: who mistyped its address is to hear so soon.
 */
export class ApiCalls {
  readonly #context: ErrorContext;
  readonly #settings: ProviderSettings;
  readonly #pace: PollDefaults;
  readonly #circuit: CircuitBreaker;
  #wasReached = false;

  /** @param pace How often the provider is looked at; it is not waited for longer than that at a time. */
  constructor(context: ErrorContext, settings: ProviderSettings, pace: PollDefaults) {
    this.#context = context;
    this.#settings = settings;
    this.#pace = pace;
    this.#circuit = new CircuitBreaker({
      threshold: FAILURES_TO_OPEN,
      coolDown: paced(COOL_DOWN, pace),
      spreadMs: Math.min(SPREAD_MS, pace.firstMs),
      judge: (error) => this.#judge(error),
      retryAfterMs,
      retryAfterCapMs: RETRY_AFTER_CAP_MS,
      refusal: (operation, cause) => this.#heldBack(operation, cause),
      onOpened: (outage) => this.#logOpened(outage),
      onClosed: () => settings.log.info("api.circuit_closed", { provider: context.provider }),
      clock: settings.clock,
    });
  }

  /** Whether any call has been answered by the API. */
  get wasReached(): boolean {
    return this.#wasReached;
  }

  /** Makes a call, once. @throws {ProviderError}, or the run's own reason to stop */
  once<T>(operation: string, call: () => PromiseLike<T>): Promise<T> {
    return this.#circuit.run(operation, () => this.#attempt(operation, call), this.#settings.signal);
  }

  /** Makes a call that may be repeated. */
  repeat<T>(operation: string, call: () => PromiseLike<T>): Promise<T> {
    return this.repeatAll(operation, () => this.once(operation, call));
  }

  /** Does something that is made of several calls, and may be repeated as a whole. */
  repeatAll<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const { clock, signal, log } = this.#settings;
    return retry(work, {
      backoff: paced(BACKOFF, this.#pace),
      retries: RETRIES,
      isTransient: (error) => this.#wasReached && isTransient(error),
      requestedDelayMs: retryAfterMs,
      onRetry: (error, attempt, delayMs) =>
        log.debug("api.retry", { operation, attempt, delayMs: Math.round(delayMs), error: String(error) }),
      clock,
      signal,
    });
  }

  async #attempt<T>(operation: string, call: () => PromiseLike<T>): Promise<T> {
    try {
      const reply = await call();
      this.#wasReached = true;
      this.#tell(operation, "200");
      return reply;
    } catch (error) {
      this.#settings.signal.throwIfAborted();
      this.#wasReached ||= isAnswerOfApi(error);
      const translated = translateError(error, operation, this.#context);
      this.#tell(operation, codeOf(translated));
      throw translated;
    }
  }

  #tell(operation: string, code: string): void {
    this.#settings.onCall?.(operation.replaceAll(" ", "_"), code);
  }

  /** What is not the provider's (an abort, the disk) says nothing of it. Nor does one that never was there. */
  #judge(error: unknown): Judgement {
    if (!(error instanceof ProviderError)) return "neutral";
    if (error.kind !== "unavailable") return "answer";
    return this.#wasReached ? "failure" : "neutral";
  }

  #heldBack(operation: string, cause: unknown): ProviderError {
    return new ProviderError(
      "unavailable",
      `"${operation}" was held back, as the last call failed: ${messageOf(cause)}`,
      {
        hint: "Run the same command again; it goes on from here.",
        cause,
        isUnsent: true,
      },
    );
  }

  #logOpened({ delayMs, failedProbes, error }: Outage): void {
    const { log } = this.#settings;
    const fields = { provider: this.#context.provider, delayMs: Math.round(delayMs), error: String(error) };
    if (failedProbes === 0) log.warn("api.circuit_opened", fields);
    else log.debug("api.circuit_opened", fields);
  }
}

/** The HTTP status; a word where there was none. */
function codeOf(error: unknown): string {
  if (!(error instanceof ProviderError)) return "local_error";
  return error.status === undefined ? "no_answer" : `${error.status}`;
}

function retryAfterMs(error: unknown): number | undefined {
  return error instanceof ProviderError ? error.retryAfterMs : undefined;
}
