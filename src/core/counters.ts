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
  /** Requests that the budget did not admit. */
  requestsRefused = 0;
  chunks = 0;
  batchesSubmitted = 0;
  /** Calls for an answer over the ordinary endpoint, and those of them that were turned away or got none. */
  liveCalls = 0;
  readonly liveFailures = { rate_limited: 0, unavailable: 0 };
  tokensEstimated = 0;
  /** Money is in pico-dollars. What was asked was expected to cost as much. */
  costEstimated = 0n;
  costBilled = 0n;
  /** Of that, for the replies that became answers. */
  costOfAnswers = 0n;
  /** What the answers of all rows that came out would have cost, had each been asked by itself. */
  costOfRows = 0n;
  /** Replies whose price is not known. */
  repliesUnpriced = 0;
  /** Input tokens of chunks of which every request was billed, to set our count beside the provider's. */
  readonly inputCompared = { estimated: 0, billed: 0 };
  readonly tokensBilled = { input: 0, cached: 0, output: 0, reasoning: 0 };

  /** Counts a row by what the ledger said of its request; a new one is counted when it is let in. */
  countClaim(kind: "new" | "mine" | "settled" | "inChunk" | "elsewhere"): void {
    if (kind === "settled") this.rowsReused++;
    else if (kind === "mine") this.rowsShared++;
    else if (kind !== "new") this.rowsAttached++;
  }

  /** Sets our count of input tokens beside the provider's. */
  compareInput(estimated: number, billed: number): void {
    this.inputCompared.estimated += estimated;
    this.inputCompared.billed += billed;
  }

  countLiveFailure(kind: "rate_limited" | "unavailable"): void {
    this.liveFailures[kind]++;
  }

  countFailure(code: FailureCode): void {
    this.rowsFailed.set(code, (this.rowsFailed.get(code) ?? 0) + 1);
  }

  get rowsFailedTotal(): number {
    let total = 0;
    for (const count of this.rowsFailed.values()) total += count;
    return total;
  }

  /** Counts a reply that was billed. */
  countBilled({ usage, cost }: { readonly usage: Usage; readonly cost: bigint | undefined }, isAnswer: boolean): void {
    this.#countUsage(usage);
    if (cost === undefined) this.repliesUnpriced++;
    else this.costBilled += cost;
    if (isAnswer) this.costOfAnswers += cost ?? 0n;
  }

  #countUsage(usage: Usage): void {
    this.tokensBilled.input += usage.input;
    this.tokensBilled.cached += usage.cached;
    this.tokensBilled.output += usage.output;
    this.tokensBilled.reasoning += usage.reasoning;
  }
}
