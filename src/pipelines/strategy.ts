import { unlessAborted } from "../core/abort.ts";
import { InternalError } from "../core/errors.ts";
import type { LiveReply } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { LiveAttempt } from "../stages/ask.ts";

/** An answer as a strategy may give it, if not as a whole body. */
export interface StrategyAnswer {
  readonly text: string;
  readonly usage?: { readonly input: number; readonly output: number };
}

/**
 * Something of one's own that answers requests, in the place of the provider. The ledger, limits, retries and
 * accounting are as for any live run. To have an attempt made again, throw a `ProviderError`: `unavailable`, or
 * `rate_limited`, which every other call waits for, too. `rejected` fails the row. Anything else ends the run.
 */
export interface Strategy {
  /** Called once, before the first attempt, however many requests wait for it. */
  prepare?(): Promise<void>;
  /** Answers: with a text, or with the whole body of a reply of the endpoint, as JSON. */
  execute(attempt: LiveAttempt): Promise<string | StrategyAnswer | LiveReply>;
  /** Called once, at the end, also when preparing has failed. */
  cleanup?(): Promise<void>;
}

/** Wraps what answers a request: to log, to time, to change what goes out or comes back. */
export type Middleware = (next: Respond) => Respond;
export type Respond = (attempt: LiveAttempt) => Promise<LiveReply>;

/** What a timer of Node holds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A strategy at work. */
export class StrategyRun {
  readonly #strategy: Strategy;
  #prepared: Promise<void> | undefined;

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
  }

  readonly respond: Respond = async (attempt) => {
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    return replyOf(await this.#execute(attempt), attempt);
  };

  /** One that does not heed its signal is left to itself. */
  async #execute(attempt: LiveAttempt): Promise<string | StrategyAnswer | LiveReply> {
    const timeout = AbortSignal.timeout(Math.min(attempt.timeoutMs, LONGEST_TIMER_MS));
    const signal = AbortSignal.any([attempt.signal, timeout]);
    try {
      return await unlessAborted(this.#strategy.execute({ ...attempt, signal }), signal);
    } catch (error) {
      if (!timeout.aborted || attempt.signal.aborted) throw error;
      throw new ProviderError("unavailable", `no answer within ${attempt.timeoutMs / 1000} s`, { cause: error });
    }
  }

  async #prepare(): Promise<void> {
    await this.#strategy.prepare?.();
  }

  /** Cleans up, if anything was begun. */
  async close(): Promise<void> {
    if (this.#prepared === undefined) return;
    await this.#prepared.catch(() => {});
    await this.#strategy.cleanup?.();
  }
}

function replyOf(answer: string | StrategyAnswer | LiveReply, attempt: LiveAttempt): LiveReply {
  if (typeof answer === "object" && "bodyText" in answer) return answer;
  if (!attempt.endpoint.endsWith("/chat/completions")) {
    throw new InternalError(`a strategy for ${attempt.endpoint} has to give whole replies`);
  }
  const { text, usage } = typeof answer === "string" ? { text: answer, usage: undefined } : answer;
  const { model }: { readonly model?: string } = JSON.parse(attempt.bodyText);
  const body = {
    object: "chat.completion",
    model,
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    ...(usage === undefined ? {} : { usage: { prompt_tokens: usage.input, completion_tokens: usage.output } }),
  };
  return { bodyText: JSON.stringify(body), header: () => null };
}
