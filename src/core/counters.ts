import type { FailureCode, Usage } from "./records.ts";

/** Plain numbers that stages count up and the summary, and later metrics, read. Cheap enough for every row. */
export class Counters {
  rowsRead = 0;
  bytesRead = 0;
  rowsWritten = 0;
  /** Rows that went to the file of failed rows instead of the output. */
  rowsSkipped = 0;
  rowsAnswered = 0;
  readonly rowsFailed = new Map<FailureCode, number>();
  /** Rows that asked something new. */
  rowsAsked = 0;
  /** Rows answered by what the ledger held. */
  rowsReused = 0;
  /** Rows whose request was in flight already, from an earlier execution or another process. */
  rowsAttached = 0;
  /** Rows equal to one asked in the same run. */
  rowsShared = 0;
  requestsAskedAgain = 0;
  chunks = 0;
  batchesSubmitted = 0;
  tokensEstimated = 0;
  readonly tokensBilled = { input: 0, cached: 0, output: 0, reasoning: 0 };

  countFailure(code: FailureCode): void {
    this.rowsFailed.set(code, (this.rowsFailed.get(code) ?? 0) + 1);
  }

  get rowsFailedTotal(): number {
    let total = 0;
    for (const count of this.rowsFailed.values()) total += count;
    return total;
  }

  countUsage(usage: Usage): void {
    this.tokensBilled.input += usage.input;
    this.tokensBilled.cached += usage.cached;
    this.tokensBilled.output += usage.output;
    this.tokensBilled.reasoning += usage.reasoning;
  }
}
