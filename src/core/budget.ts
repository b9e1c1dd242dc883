/** What a run may take. */
export interface BudgetLimits {
  /** Pico-dollars. */
  readonly maxCost: bigint | undefined;
  /** Estimated input tokens. */
  readonly tokens: number | undefined;
  /** What estimates of cost are worth; bounds when undefined. */
  readonly reliance?: Reliance;
}

/** What estimates of cost are worth, at the moment. */
export interface Reliance {
  /**
   * - *bound*: no request costs more.
   * - *mean*: what requests of this run have cost; one may cost more, and many together seldom do by much.
   * - *guess*: nothing of this run is known yet.
   */
  readonly kind: "bound" | "mean" | "guess";
  /** Told when something is settled, of which more may be learned. */
  settled(): void;
}

/** What it has taken so far. */
export interface BudgetTaken {
  /** Pico-dollars that were billed. */
  readonly cost: bigint;
  readonly tokens: number;
}

/** For a run that may take all it asks for. */
export const NO_LIMITS: BudgetLimits = { maxCost: undefined, tokens: undefined };
const NOTHING_TAKEN: BudgetTaken = { cost: 0n, tokens: 0 };

/** Of the money, what may be under way as long as estimates are a guess: it may come out this much dearer. */
const PILOT_SHARE = 10n;
/** Standard errors that are kept free, where requests differ from their mean by as much as the mean itself. */
const STANDARD_ERRORS = 3;

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
  /** The dearest estimate under way. */
  #dearest = 0n;
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

  /**
   * Lets a request in, and reserves for it.
   *
   * @param cost Its estimate in pico-dollars. Undefined when its price is not known: where money is limited it is over.
   */
  admit(tokens: number, cost: bigint | undefined): BudgetVerdict {
    const { tokens: maxTokens } = this.#limits;
    const isOver = maxTokens !== undefined && this.#tokens + tokens > maxTokens;
    const verdict = isOver ? "over" : this.#judgeCost(cost);
    if (verdict !== "admitted") return verdict;
    this.#tokens += tokens;
    this.#reserved += cost ?? 0n;
    this.#dearest = max(this.#dearest, cost ?? 0n);
    return "admitted";
  }

  #judgeCost(cost: bigint | undefined): BudgetVerdict {
    const { maxCost } = this.#limits;
    if (maxCost === undefined) return "admitted";
    if (cost === undefined || this.#spent + cost > maxCost) return "over";
    const reserved = this.#reserved + cost;
    return this.#spent + reserved > maxCost - this.#keptFree(maxCost, reserved, cost) ? "wait" : "admitted";
  }

  /** What is left alone, should estimates prove too low. On a guess, one request goes ahead in any case. */
  #keptFree(maxCost: bigint, reserved: bigint, cost: bigint): bigint {
    const kind = this.#limits.reliance?.kind ?? "bound";
    if (kind === "bound") return 0n;
    if (kind === "mean" && this.#spent > 0n) return margin(reserved, this.#spent, max(cost, this.#dearest));
    return this.#reserved > 0n ? maxCost - maxCost / PILOT_SHARE : 0n;
  }

  /** Reserves for what is under way already, whatever the limits. */
  reserve(cost: bigint): void {
    this.#reserved += cost;
  }

  /**
   * Puts what was billed in the place of what was reserved.
   *
   * @param unusedTokens Of what the provider has turned away unseen.
   */
  settle(reserved: bigint, billed: bigint, unusedTokens = 0): void {
    this.#tokens -= unusedTokens;
    this.#reserved = reserved > this.#reserved ? 0n : this.#reserved - reserved;
    if (this.#reserved === 0n) this.#dearest = 0n;
    this.#spent += billed;
    this.#limits.reliance?.settled();
  }
}

/**
 * How much more than their mean some requests may cost together: standard errors of a sum of n, with a mean that was
 * learned of k, `mean · √(n + n² / k)`. Here n is what is reserved and k what is spent, in requests of the dearest kind.
 */
function margin(reserved: bigint, spent: bigint, dearest: bigint): bigint {
  const [sum, learnedOf] = [Number(reserved), Number(spent)];
  return BigInt(Math.ceil(STANDARD_ERRORS * Math.sqrt(Number(dearest) * sum * (1 + sum / learnedOf))));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
