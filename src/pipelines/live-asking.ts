import type { Pulse } from "../core/attempts.ts";
import { type Backoff, paced } from "../core/backoff.ts";
import { LiveGate } from "../core/live-gate.ts";
import type { Patience } from "../core/patience.ts";
import { ReadAhead } from "../core/read-ahead.ts";
import type { AskOptions } from "../stages/ask.ts";
import { fileLines, type SettleOptions } from "../stages/settle.ts";
import type { AskingParts } from "./asking.ts";
import { observedRespond } from "./live-events.ts";
import type { Respond } from "./strategy.ts";

/** What asking live takes, for all chunks of a run. */
export type LiveOptions = Omit<AskOptions, "onFiled">;

const BACKOFF: Backoff = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** How long a provider that answers nobody is waited for. */
const PATIENCE_MS = 600_000;
/** Requests that are read ahead of the calls, and answers that may be left lying, at the least. */
const LEAST_AHEAD = 256;

/**
 * How a run asks live.
 *
 * @param settling How replies are filed.
 */
export function liveOptions(
  parts: AskingParts,
  { settling, patience }: { readonly settling: SettleOptions; readonly patience: Patience },
): LiveOptions {
  const { settings, host, provider, ledger, counters, money, modeSwitch } = parts;
  const { attemptTimeout, requestTimeout, transportRetries, retries, drain } = settings;
  const { clock, log, signal } = host;
  const gate = gateOf(parts);
  const pulse: Pulse = { answers: 0, lastAnswerAt: clock.now() };
  const requestMs = requestTimeout === undefined ? undefined : requestTimeout * 1000;
  return {
    ledger,
    respond: respondOf(parts),
    gate,
    readAhead: new ReadAhead(() => Math.max(LEAST_AHEAD, 2 * gate.concurrency)),
    pulse,
    attempts: { transportRetries, backoff: paced(BACKOFF, provider.poll), patienceMs: PATIENCE_MS, requestMs },
    attemptMs: attemptTimeout * 1000,
    drainMs: drain * 1000,
    expectedOutput: () => money.expectedOutput ?? 0,
    isLive: () => modeSwitch.isLive,
    retries,
    fileLines: (chunk, fileId, lines) => fileLines(chunk, fileId, lines, settling),
    patience,
    counters,
    clock,
    log,
    signal,
  };
}

function gateOf({ settings, host: { clock, log, observeLive } }: AskingParts): LiveGate {
  const { concurrency, rpm: requestsPerMinute, tpm: tokensPerMinute } = settings;
  return new LiveGate({
    limits: { concurrency, requestsPerMinute, tokensPerMinute },
    clock,
    onCoolDown: (coolDown) => {
      const { delayMs, retryAfterMs, concurrency: callsAtATime } = coolDown;
      log.info("api.cool_down", { delayMs: Math.round(delayMs), retryAfterMs, callsAtATime });
      observeLive?.({ kind: "cool_down", ...coolDown });
    },
  });
}

function respondOf({ provider, strategy, host: { middleware = [], observeLive } }: AskingParts): Respond {
  const answerer: Respond = strategy === undefined ? (attempt) => provider.respond(attempt) : strategy.respond;
  const respond = middleware.reduceRight((next, wrap) => wrap(next), answerer);
  return observeLive === undefined ? respond : observedRespond(respond, observeLive);
}
