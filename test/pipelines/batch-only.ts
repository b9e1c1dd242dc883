import { LiveGate } from "../../src/core/live-gate.ts";
import { ModeSwitch } from "../../src/core/mode-switch.ts";
import { ReadAhead } from "../../src/core/read-ahead.ts";
import type { LiveOptions } from "../../src/pipelines/live-asking.ts";
import type { StageBench } from "../stages/support.ts";

/** How long batches are waited for, in a run that never goes live. */
export function waitsOf({ clock, patience }: StageBench) {
  return { patience, waiting: patience, modeSwitch: new ModeSwitch(clock, Number.POSITIVE_INFINITY) };
}

/** Options of a run that never goes live. */
export function neverLive(bench: StageBench): LiveOptions {
  const { ledger, provider, retries, patience, counters, clock, log, signal } = bench;
  const limits = { concurrency: 1, requestsPerMinute: undefined, tokensPerMinute: undefined };
  return {
    ...{ ledger, retries, patience, counters, clock, log, signal },
    respond: () => provider.respond(),
    gate: new LiveGate({ limits, clock }),
    readAhead: new ReadAhead(() => 256),
    pulse: { answers: 0, lastAnswerAt: 0 },
    attempts: {
      transportRetries: 1,
      backoff: { firstMs: 1, factor: 1, maxMs: 1, jitter: 0 },
      patienceMs: 1,
      requestMs: undefined,
    },
    attemptMs: 1_000,
    drainMs: 0,
    expectedOutput: () => 0,
    isLive: () => false,
    fileLines: () => {},
  };
}
