import type { BatchServices } from "./batch-job.ts";
import type { BatchRunner } from "./batch-runner.ts";
import type { CallLog } from "./calls.ts";

/** Everything the handlers work with. */
export interface Services extends BatchServices {
  readonly calls: CallLog;
  readonly runner: BatchRunner;
  readonly windowSeconds: number;
  /** The only key that is let in; undefined lets everybody in. */
  readonly apiKey: string | undefined;
}
