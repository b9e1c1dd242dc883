import type { BatchServices } from "./batch-job.ts";
import type { BatchRunner } from "./batch-runner.ts";
import type { CallFaults } from "./call-faults.ts";
import type { FaultLog } from "./fault-log.ts";
import type { LiveFaults } from "./line-faults.ts";
import type { LiveLimits } from "./live-limits.ts";
import type { Tally } from "./tally.ts";

/** Everything the handlers work with. */
export interface Services extends BatchServices {
  /** Calls by operation. */
  readonly calls: Tally;
  readonly callFaults: CallFaults;
  readonly faultLog: FaultLog;
  readonly runner: BatchRunner;
  readonly liveLimits: LiveLimits;
  readonly liveFaults: LiveFaults;
  /** How long a live answer takes. */
  readonly liveLatencyMs: number;
  /** Aborts when the emulator closes. */
  readonly closing: AbortSignal;
  readonly windowSeconds: number;
  /** The only key that is let in; undefined lets everybody in. */
  readonly apiKey: string | undefined;
  /** How many requests are answered before there is no more money; undefined for any number. */
  readonly credit: number | undefined;
}
