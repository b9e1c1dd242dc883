import type { AttemptLimits, Pulse } from "../../src/core/attempts.ts";
import { LiveGate } from "../../src/core/live-gate.ts";
import { ReadAhead } from "../../src/core/read-ahead.ts";
import type { LiveReply } from "../../src/providers/provider.ts";
import {
  ProviderError,
  type ProviderErrorDetails,
  type ProviderErrorKind,
} from "../../src/providers/provider-error.ts";
import type { AskOptions, LiveAttempt } from "../../src/stages/ask.ts";
import { fileLines } from "../../src/stages/settle.ts";
import type { StageBench } from "./support.ts";

export const LIMITS: AttemptLimits = {
  transportRetries: 4,
  backoff: { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0 },
  patienceMs: 600_000,
  requestMs: undefined,
};

/** The question of a request. */
export function questionOf({ bodyText }: LiveAttempt): string {
  return JSON.parse(bodyText).messages[0].content;
}

/** A reply with that text. */
export function reply(content: string): LiveReply {
  const message = { role: "assistant", content };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  const usage = { prompt_tokens: 1, completion_tokens: 1 };
  return { bodyText: JSON.stringify({ choices, usage }, null, 2), header: () => null };
}

export function failure(kind: ProviderErrorKind, details: ProviderErrorDetails = {}): ProviderError {
  return new ProviderError(kind, `it is ${kind}`, { providerMessage: kind, ...details });
}

/** Options that ask by a function, with so many calls at a time. */
export function asking(
  bench: StageBench,
  respond: AskOptions["respond"],
  { concurrency = 4, ...changes }: Partial<AskOptions> & { readonly concurrency?: number } = {},
): AskOptions {
  const { ledger, clock, counters, log, patience, signal, retries } = bench;
  const limits = { concurrency, requestsPerMinute: undefined, tokensPerMinute: undefined };
  const pulse: Pulse = { answers: 0, lastAnswerAt: clock.now() };
  return {
    ...{ ledger, clock, counters, log, patience, signal, retries, respond, pulse },
    gate: new LiveGate({ limits, clock, random: () => 0 }),
    readAhead: new ReadAhead(() => 256),
    attempts: LIMITS,
    attemptMs: 600_000,
    drainMs: 3_000,
    expectedOutput: () => 0,
    isLive: () => true,
    fileLines: (chunk, fileId, lines) => fileLines(chunk, fileId, lines, bench),
    onFiled: () => {},
    ...changes,
  };
}
