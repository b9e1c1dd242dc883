import type { Reliance } from "../core/budget.ts";
import type { Counters } from "../core/counters.ts";
import { InputDataError } from "../core/errors.ts";
import { ModeSwitch } from "../core/mode-switch.ts";
import type { RequestRow, Usage } from "../core/records.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import { findPrice } from "../pricing/price-table.ts";
import type { Provider } from "../providers/provider.ts";
import { createCount } from "../stages/count.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { Step } from "./answer-rows.ts";
import { type AskingParts, learnedOverhead } from "./asking.ts";
import { JointReliance } from "./joint-reliance.ts";
import { Money } from "./money.ts";
import { describeModel, openTokenizer } from "./question.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What is the same for all models. */
export interface DeskOptions {
  readonly settings: GradeSettings;
  readonly host: RunHost;
  readonly provider: Provider;
  readonly endpoint: Endpoint;
  readonly ledger: Ledger;
  readonly counters: Counters;
}

/** What asking one model takes. */
export interface Desk {
  readonly parts: AskingParts;
  readonly count: Step<RequestRow, RequestRow>;
  /** Input tokens of each request beside those that are counted. */
  readonly overheadTokens: number;
}

/** Models that one input may ask: each has its estimates and its limits at the provider. */
const MAX_MODELS = 100;

/** A desk for each model that a file of requests asks. */
export class ModelDesks implements Reliance {
  readonly #options: DeskOptions;
  readonly #desks = new Map<string, Desk>();
  /** It asks through batches only. */
  readonly #modeSwitch: ModeSwitch;
  readonly #reliance = new JointReliance(() => this.#monies);
  readonly #tokenizers = new Map<string, Promise<Tokenizer>>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#modeSwitch = new ModeSwitch(options.host.clock, Number.POSITIVE_INFINITY);
  }

  /**
   * Prepares a model.
   *
   * @throws {ConfigurationError} for one that nobody has described, {@link InputDataError} for one too many
   */
  async open(model: string): Promise<Desk> {
    const known = this.#desks.get(model);
    if (known !== undefined) return known;
    if (this.#desks.size === MAX_MODELS) throw tooManyModels();
    const desk = await this.#create(model);
    this.#desks.set(model, desk);
    return desk;
  }

  /** A model that was opened. */
  find(model: string | undefined): Desk | undefined {
    return model === undefined ? undefined : this.#desks.get(model);
  }

  get models(): readonly string[] {
    return [...this.#desks.keys()];
  }

  /** Whether the prices of all models are known. */
  get isPriced(): boolean {
    return this.#monies.every((money) => money.isPriced);
  }

  /** Estimates are worth what the least of them is. */
  get kind(): Reliance["kind"] {
    return this.#reliance.kind;
  }

  settled(): void {
    this.#reliance.settled();
  }

  /** The count stage, by the model of each request. */
  readonly count = (rows: readonly RequestRow[]): readonly RequestRow[] =>
    rows.flatMap((row) => ("request" in row ? (this.find(row.request.body.model)?.count([row]) ?? [row]) : [row]));

  readonly estimate = (tokens: number, model?: string): bigint | undefined =>
    this.find(model)?.parts.money.estimate(tokens);

  /** Input tokens of each request to a model beside those that are counted. */
  readonly overheadTokens = (model: string): number => this.find(model)?.overheadTokens ?? 0;

  readonly costOf = ({ model, mode }: Pick<Chunk, "model" | "mode">, usage: Usage): bigint | undefined =>
    this.find(model)?.parts.money.costOf(usage, mode);

  get #monies(): readonly Money[] {
    return [...this.#desks.values()].map(({ parts }) => parts.money);
  }

  async #create(model: string): Promise<Desk> {
    const { settings, host, endpoint, ...rest } = this.#options;
    const open = (encoding: string) => this.#tokenizer(encoding);
    const described = await describeModel(settings, { name: model, models: host.data.models, open });
    const request = { model, extra: {} };
    const question = { endpoint, request, check: undefined, ...described };
    const money = this.#moneyOf(model);
    const parts = { settings, host, question, ...rest, money, modeSwitch: this.#modeSwitch, strategy: undefined };
    return { parts, count: createCount({ endpoint, ...described }), overheadTokens: learnedOverhead(parts) };
  }

  #moneyOf(model: string): Money {
    const { settings, host, endpoint, provider, ledger } = this.#options;
    const price = findPrice(host.prices, model)?.price;
    const expectedOutput = endpoint.path === "/v1/embeddings" ? 0 : settings.expectOutputTokens;
    return new Money({ ledger, provider: provider.identity, model, price, mode: () => "batch", expectedOutput });
  }

  #tokenizer(encoding: string): Promise<Tokenizer> {
    const tokenizer = this.#tokenizers.get(encoding) ?? openTokenizer(encoding);
    this.#tokenizers.set(encoding, tokenizer);
    return tokenizer;
  }
}

function tooManyModels(): InputDataError {
  return new InputDataError(`the requests ask more than ${MAX_MODELS} models`, {
    hint: "Submit them in several files, by model.",
  });
}
