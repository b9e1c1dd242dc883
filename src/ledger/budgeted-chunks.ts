import type { Budget } from "../core/budget.ts";
import type { Counters } from "../core/counters.ts";
import { type OverheadTokens, overheadOf } from "../core/overhead-tokens.ts";
import type { Failure } from "../core/records.ts";
import type { NewLine } from "./chunk-file.ts";
import type { Chunk, Ledger, Run } from "./ledger.ts";
import type { OpenChunks } from "./open-chunks.ts";

export interface BudgetedChunksOptions {
  readonly ledger: Ledger;
  readonly run: Run;
  readonly budget: Budget;
  /** What a request of so many input tokens will cost, in pico-dollars; undefined when its price is not known. */
  readonly estimate: (tokens: number, model?: string) => bigint | undefined;
  /** Input tokens of each request beside its own; none when undefined. */
  readonly overheadTokens?: OverheadTokens;
  readonly counters: Counters;
}

/** Whether a request is asked for the first time, once more, or in the place of a process that had claimed it. */
type Try = "first" | "again" | "taken over";

const OVER: Failure = {
  code: "budget_exceeded",
  message: "not asked: it would have gone beyond --max-cost or --token-limit",
};

/** The chunks that are being filled, behind the run's budget: what it does not admit now is held, or refused for good. */
export class BudgetedChunks {
  readonly #open: OpenChunks;
  readonly #options: BudgetedChunksOptions;
  #held: (readonly [NewLine, Try])[] = [];

  constructor(open: OpenChunks, options: BudgetedChunksOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** Whether requests wait for others to give back what they have reserved. */
  get hasHeld(): boolean {
    return this.#held.length > 0;
  }

  /** Adds a claimed request's line. @returns the chunks that are sealed by it */
  add(line: NewLine, which: Try = "first"): readonly Chunk[] {
    const { budget, estimate } = this.#options;
    const tokens = this.#tokensOf(line);
    const cost = estimate(tokens, line.model);
    const verdict = this.hasHeld ? "wait" : budget.admit(tokens, cost);
    if (verdict === "admitted") return this.#admit(line, cost, which);
    if (verdict === "wait") this.#held.push([line, which]);
    else this.#refuse([line]);
    return [];
  }

  #admit(line: NewLine, cost: bigint | undefined, which: Try): readonly Chunk[] {
    const { counters } = this.#options;
    if (which === "first") counters.rowsAsked++;
    else if (which === "again") counters.countRetry(line.reason ?? "missing_result");
    counters.tokensEstimated += this.#tokensOf(line);
    if (cost === undefined) return this.#open.add(line);
    counters.costEstimated += cost;
    return this.#open.add({ ...line, estimatedCost: cost });
  }

  #tokensOf({ tokens, model = "" }: NewLine): number {
    return tokens + overheadOf(this.#options.overheadTokens, model);
  }

  /** Tries what is held once more, in order. @returns the chunks that are sealed by it */
  retryHeld(): readonly Chunk[] {
    const held = this.#held;
    this.#held = [];
    return held.flatMap(([line, which]) => this.add(line, which));
  }

  /** For when nothing is under way that could make room. */
  refuseHeld(): void {
    this.#refuse(this.#held.map(([line]) => line));
    this.#held = [];
  }

  #refuse(lines: readonly NewLine[]): void {
    const { ledger, run, counters } = this.#options;
    const keys = lines.map(({ key }) => key);
    ledger.refuse(keys, run.id, OVER);
    counters.requestsRefused += keys.length;
  }
}
