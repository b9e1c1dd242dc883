import { BatchBoard } from "./batch-board.ts";
import { LabelCounts } from "./label-counts.ts";
import type { AnsweredRow, FailureCode, Usage } from "./records.ts";
import type { Distribution } from "./scores/distribution.ts";
import type { ScoreField } from "./scores/score-field.ts";
import { ScoreTally } from "./scores/score-tally.ts";
import { StageFlow } from "./stage-flow.ts";

/** Stages that count what passes through them, in the order of the flow. */
export const STAGES = [
  "read",
  "build",
  "count",
  "chunk",
  "admit",
  "submit",
  "fetch",
  "settle",
  "merge",
  "write",
] as const;
export type StageName = (typeof STAGES)[number];

/** What is counted: known once the run has begun. */
export interface CountedRun {
  readonly pipeline: string;
  readonly provider: string;
  readonly model: string;
  /** Whether the model's price is known. */
  readonly isPriced: boolean;
}

/** What a reply took, and cost in pico-dollars; undefined when its price is not known. */
interface BilledReply {
  readonly usage: Usage;
  readonly cost: bigint | undefined;
}

/** Plain numbers that stages count up, and the summary, metrics and progress read. Cheap enough for every row. */
export class Counters {
  run: CountedRun | undefined;
  readonly #stages = new Map<StageName, StageFlow>();
  readonly batches = new BatchBoard();
  readonly apiCalls = new LabelCounts<"operation" | "code">();
  /** Requests asked again, by the failure code of the try before. */
  readonly retries = new LabelCounts<"reason">();
  /** Whether the last row has been read. */
  isReadingOver = false;
  /** Bytes of all inputs; undefined where that is not known before they are read. */
  bytesToRead: number | undefined;
  /** When a run of the pipeline last ended with exit status 0, in milliseconds since the Unix epoch. */
  lastSuccessAt: number | undefined;
  rowsRead = 0;
  bytesRead = 0;
  rowsWritten = 0;
  /** Rows that went to the file of failed rows instead of the output. */
  rowsSkipped = 0;
  rowsAnswered = 0;
  /** Of them, the rows whose answer rests on a reply that was mended. */
  rowsRepaired = 0;
  readonly rowsFailed = new Map<FailureCode, number>();
  /** Requests that each row is asked. */
  requestsPerRow = 1;
  /** Rows that asked something new. */
  rowsAsked = 0;
  /** Rows answered by what the ledger held. */
  rowsReused = 0;
  /** Of the answered rows that have come out, those that the ledger had the answer to as they came. */
  rowsAnsweredBefore = 0;
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
  /** Of that, for the chunks that are settled. */
  costEstimatedOfSettled = 0n;
  costBilled = 0n;
  /** Of that, for the replies that became answers. */
  costOfAnswers = 0n;
  /** What the answers of all rows that came out would have cost, had each been asked by itself. */
  costOfRows = 0n;
  /** Replies whose price is not known. */
  repliesUnpriced = 0;
  /** Replies that were billed, by the model that was asked; their cost, and those of them that have none. */
  readonly billedByModel = new Map<string, { replies: number; cost: bigint; unpriced: number }>();
  /** Input tokens of chunks of which every request was billed, to set our count beside the provider's. */
  readonly inputCompared = { estimated: 0, billed: 0 };
  readonly #scores: ScoreTally[] = [];
  readonly tokensBilled = { input: 0, cached: 0, output: 0, reasoning: 0 };

  /** What passes through a stage. */
  stage(name: StageName): StageFlow {
    const flow = this.#stages.get(name) ?? new StageFlow();
    this.#stages.set(name, flow);
    return flow;
  }

  /** The stages that have begun, in the order of the flow. */
  get stages(): readonly (readonly [StageName, StageFlow])[] {
    return STAGES.flatMap((name) => {
      const flow = this.#stages.get(name);
      return flow === undefined ? [] : [[name, flow] as const];
    });
  }

  /** Counts the values of these fields, beside those of other steps. @returns what takes the answers that come out */
  countScores(fields: readonly ScoreField[]): ScoreTally {
    const tally = new ScoreTally(fields);
    this.#scores.push(tally);
    return tally;
  }

  /** The values of the answers that have come out. */
  get scores(): readonly Distribution[] {
    return this.#scores.flatMap((tally) => tally.distributions());
  }

  countRetry(reason: string): void {
    this.requestsAskedAgain++;
    this.retries.add({ reason });
  }

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

  /** Counts a row that has come out. */
  countOutcome({ failure, isKnown, isRepaired }: AnsweredRow): void {
    if (failure !== undefined) {
      this.countFailure(failure.code);
      return;
    }
    this.rowsAnswered++;
    if (isKnown === true) this.rowsAnsweredBefore++;
    if (isRepaired === true) this.rowsRepaired++;
  }

  countFailure(code: FailureCode): void {
    this.rowsFailed.set(code, (this.rowsFailed.get(code) ?? 0) + 1);
  }

  get rowsFailedTotal(): number {
    let total = 0;
    for (const count of this.rowsFailed.values()) total += count;
    return total;
  }

  /** Counts a reply that was billed. @param model Whose it is, as asked. */
  countBilled({ usage, cost }: BilledReply, isAnswer: boolean, model = ""): void {
    this.#countUsage(usage);
    const ofModel = this.billedByModel.get(model) ?? { replies: 0, cost: 0n, unpriced: 0 };
    this.billedByModel.set(model, ofModel);
    ofModel.replies++;
    ofModel.cost += cost ?? 0n;
    if (cost === undefined) ofModel.unpriced++;
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
