import { createHash } from "node:crypto";
import { Budget, type Reliance } from "../core/budget.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Usage } from "../core/records.ts";
import type { Ledger, Run } from "../ledger/ledger.ts";
import { costOf, estimateCost } from "../pricing/cost.ts";
import type { Mode, PicoUsd, Price } from "../pricing/price.ts";

/** What a run asks for, in money. */
export interface MoneyOptions {
  readonly ledger: Ledger;
  /** The provider's identity. */
  readonly provider: string;
  readonly model: string;
  /** Undefined when it is not known. */
  readonly price: Price | undefined;
  /** Of other models that some requests are asked of; null where it is not known. */
  readonly otherPrices?: ReadonlyMap<string, Price | null>;
  /** How requests are asked, at the moment. */
  readonly mode: () => Mode;
  /** Output tokens per request that the user expects, or allows. */
  readonly expectedOutput: number | undefined;
}

/** Output tokens that are assumed for a request as long as nothing is known about answers. */
const ASSUMED_OUTPUT = 200;
/** The ledger is looked at again after so many estimates, if nothing was settled before: others learn, too. */
const ESTIMATES_PER_LOOK = 1_000;

/** What requests cost, and are expected to. */
export class Money implements Reliance {
  readonly #options: MoneyOptions;
  #runId: number | undefined;
  /** Output tokens per reply so far, of the run or of the model. */
  #seen: { readonly isOfRun: boolean; readonly mean: number } | undefined;
  #estimatesUntilLook = 0;
  #leastGuess = 0;

  constructor(options: MoneyOptions) {
    this.#options = options;
  }

  /** Whether the price of every model is known. */
  get isPriced(): boolean {
    const others = [...(this.#options.otherPrices?.keys() ?? [])];
    return [undefined, ...others].every((model) => this.estimate(0, model) !== undefined);
  }

  /**
   * From now on estimates go by what this run's replies have been like: those of others may have been to other prompts.
   *
   * @param isCareful Whether, until there are some, no fewer output tokens are expected than when nothing is known.
   */
  follow({ id }: Pick<Run, "id">, { isCareful }: { readonly isCareful: boolean }): void {
    this.#runId = id;
    this.#leastGuess = isCareful ? ASSUMED_OUTPUT : 0;
    this.settled();
  }

  settled(): void {
    this.#estimatesUntilLook = 0;
  }

  get kind(): Reliance["kind"] {
    if (this.#options.expectedOutput !== undefined) return "bound";
    this.#look();
    return this.#seen?.isOfRun === true ? "mean" : "guess";
  }

  /** Output tokens per request: what the user says, else what the ledger has seen; undefined when nobody knows. */
  get expectedOutput(): number | undefined {
    const { expectedOutput } = this.#options;
    if (expectedOutput !== undefined) return expectedOutput;
    this.#look();
    if (this.#seen === undefined) return undefined;
    const { mean, isOfRun } = this.#seen;
    return Math.ceil(isOfRun ? mean : Math.max(mean, this.#leastGuess));
  }

  #look(): void {
    if (this.#estimatesUntilLook-- > 0) return;
    this.#estimatesUntilLook = ESTIMATES_PER_LOOK;
    const { ledger, provider, model } = this.#options;
    const ofRun = this.#runId === undefined ? undefined : ledger.meanOutputOf(this.#runId);
    const mean = ofRun ?? ledger.meanOutput(provider, model);
    this.#seen = mean === undefined ? undefined : { isOfRun: ofRun !== undefined, mean };
  }

  /** What a request of so many input tokens will cost; undefined when its price is not known. */
  readonly estimate = (input: number, model?: string): PicoUsd | undefined => {
    const { mode } = this.#options;
    return estimateCost({ input, output: this.expectedOutput ?? ASSUMED_OUTPUT }, this.#priceOf(model), mode());
  };

  /** What a reply has cost; undefined when its price is not known. */
  readonly costOf = (usage: Usage, mode: Mode, model?: string): PicoUsd | undefined => {
    const { cacheWritten = 0 } = usage;
    return costOf({ ...usage, cacheWritten }, this.#priceOf(model), mode);
  };

  #priceOf(model: string | undefined): Price | undefined {
    const { price, otherPrices } = this.#options;
    const other = model === undefined ? undefined : otherPrices?.get(model);
    return other === undefined ? price : (other ?? undefined);
  }
}

/** The user's limits. */
export interface BudgetSettings {
  /** Pico-dollars. */
  readonly maxCost: PicoUsd | undefined;
  readonly tokenLimit: number | undefined;
}

/**
 * The budget of a run, with what its earlier executions have taken.
 *
 * @throws {ConfigurationError} when money is limited and the model's price is not known
 */
export function openBudget({ maxCost, tokenLimit }: BudgetSettings, money: Money, parts: BudgetParts): Budget {
  const { ledger, run, model, log } = parts;
  if (maxCost !== undefined && !money.isPriced) throw unpriced(model);
  money.follow(run, { isCareful: maxCost !== undefined });
  if (maxCost !== undefined && money.kind === "guess") {
    log.warn(
      `no answer to this prompt has been seen yet: a tenth of --max-cost is spent first, to learn how long they are`,
      {
        hint: "--max-output-tokens or --expect-output-tokens spares this",
      },
    );
  }
  return new Budget({ maxCost, tokens: tokenLimit, reliance: money }, ledger.totalsOf(run.id));
}

interface BudgetParts {
  readonly ledger: Ledger;
  readonly run: Run;
  readonly model: string;
  readonly log: Logger;
}

function unpriced(model: string): ConfigurationError {
  return new ConfigurationError(`--max-cost needs a price, and that of "${model}" is not known`, {
    hint: "bg-pipe prices lists the known ones; give it under prices: in your configuration, or use --token-limit.",
  });
}

/** Which key pays, so that it is told from another and cannot be told itself: 8 hex digits of its SHA-256. */
export function apiKeyIdOf(apiKey: string | undefined): string | undefined {
  return apiKey === undefined ? undefined : createHash("sha256").update(apiKey).digest("hex").slice(0, 8);
}
