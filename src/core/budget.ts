/** What a run may take. */
export interface BudgetLimits {
  /** Pico-dollars. */
  readonly maxCost: bigint | undefined;
  /** Estimated input tokens. */
  readonly tokens: number | undefined;
  /** Whether estimates of cost are more than a guess. */
  readonly isSure?: () => boolean;
}

/** Of the money, what may be under way as long as estimates are a guess: it may come out this much dearer. */
const PILOT_SHARE = 10n;

/** What it has taken so far. */
export interface BudgetTaken {
  /** Pico-dollars that were billed. */
  readonly cost: bigint;
  readonly tokens: number;
}

/** For a run that may take all it asks for. */
export const NO_LIMITS: BudgetLimits = { maxCost: undefined, tokens: undefined };
const NOTHING_TAKEN: BudgetTaken = { cost: 0n, tokens: 0 };

/** Why something is not let in: it never will be, or not before something else has ended. */
export type BudgetVerdict = "admitted" | "wait" | "over";

/**
 * Keeps a run within its limits of money and tokens, by reservation: what is asked takes its estimate at once, and
 * gives it back for what it cost in the end.
 */
export class Budget {
  readonly #limits: BudgetLimits;
  #spent: bigint;
  #reserved = 0n;
  #tokens: number;

  constructor(limits: BudgetLimits, taken: BudgetTaken = NOTHING_TAKEN) {
    this.#limits = limits;
    this.#spent = taken.cost;
    this.#tokens = taken.tokens;
  }

  /** Whether there is any limit. */
  get isLimited(): boolean {
    return this.#limits.maxCost !== undefined || this.#limits.tokens !== undefined;
  }

  /** Lets a request in, and reserves for it. @param cost Its estimate in pico-dollars. */
  admit(tokens: number, cost: bigint): BudgetVerdict {
    const { maxCost, tokens: maxTokens } = this.#limits;
    if (maxTokens !== undefined && this.#tokens + tokens > maxTokens) return "over";
    if (maxCost !== undefined && this.#spent + cost > maxCost) return "over";
    if (maxCost !== undefined && this.#spent + this.#reserved + cost > this.#allowed(maxCost)) return "wait";
    this.#tokens += tokens;
    this.#reserved += cost;
    return "admitted";
  }

  /** On a guess, one request goes ahead in any case. */
  #allowed(maxCost: bigint): bigint {
    const isPilot = this.#reserved > 0n && this.#limits.isSure?.() === false;
    return isPilot ? maxCost / PILOT_SHARE : maxCost;
  }

  /** Reserves for what is under way already, whatever the limits. */
  reserve(cost: bigint): void {
    this.#reserved += cost;
  }

  /** Puts what was billed in the place of what was reserved. */
  settle(reserved: bigint, billed: bigint): void {
    this.#reserved = reserved > this.#reserved ? 0n : this.#reserved - reserved;
    this.#spent += billed;
  }
}
