import { Budget } from "../core/budget.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { Mode } from "../core/mode.ts";
import type { RequestRow, Usage } from "../core/records.ts";
import type { Run } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import { findPrice } from "../pricing/price-table.ts";
import { parseUsd } from "../pricing/usd.ts";
import { createCount } from "../stages/count.ts";
import type { AnswerRowsOptions, Step } from "./answer-rows.ts";
import { type AskingParts, askingOptions, learnedOverhead, runChunkLimits } from "./asking.ts";
import { JointReliance } from "./joint-reliance.ts";
import { Money } from "./money.ts";
import type { Question } from "./question.ts";

type Asking = Pick<AnswerRowsOptions, "chunk" | "batch" | "batchFor" | "live" | "maxBatches">;

/** What is the same for all models. */
export type PanelParts = Omit<AskingParts, "question" | "money">;

/** One model of a panel. */
interface Member {
  readonly parts: AskingParts;
  readonly count: Step<RequestRow, RequestRow>;
  readonly overheadTokens: number;
}

/**
 * The models that are asked of every row, mostly one: each with its tokenizer, its price and its limits at the
 * provider, all within one budget.
 */
export class Panel {
  readonly #first: AskingParts;
  readonly #members: ReadonlyMap<string, Member>;

  /** @param questions To each model; the first is asked for all that is the same for all. */
  constructor(common: PanelParts, questions: readonly [Question, ...Question[]]) {
    const [first, ...others] = questions;
    this.#first = partsOf(common, first);
    const all = [this.#first, ...others.map((question) => partsOf(common, question))];
    this.#members = new Map(all.map((parts) => [parts.question.request.model, memberOf(parts)]));
  }

  /** The models' names, for people. */
  get model(): string {
    return [...this.#members.keys()].join(", ");
  }

  /** Whether the prices of all models are known. */
  get isPriced(): boolean {
    return [...this.#members.values()].every(({ parts }) => parts.money.isPriced);
  }

  /** What a chunk may hold: as much as the model takes that takes least. */
  get limits(): ChunkLimits {
    const all = [...this.#members.values()].map(({ parts }) => runChunkLimits(parts));
    return { ...runChunkLimits(this.#first), tokens: Math.min(...all.map(({ tokens }) => tokens)) };
  }

  /** The count stage, by the model of each request. */
  readonly count = (rows: readonly RequestRow[]): readonly RequestRow[] => {
    if (this.#members.size === 1) return this.#member().count(rows);
    return rows.flatMap((row) => ("request" in row ? this.#member(row.request.body.model).count([row]) : [row]));
  };

  /** What a request is expected to cost, in pico-dollars; undefined when its price is not known. */
  readonly estimate = (tokens: number, model?: string): bigint | undefined =>
    this.#member(model).parts.money.estimate(tokens, model);

  /** Input tokens of each request to a model beside those that are counted. */
  readonly overheadTokens = (model: string): number => this.#member(model).overheadTokens;

  /** What a reply has cost, in pico-dollars; undefined when its price is not known. */
  readonly costOf = (usage: Usage, mode: Mode, model: string): bigint | undefined =>
    this.#member(model).parts.money.costOf(usage, mode, model);

  /** How the panel asks: the options of everything between the count stage and the waiting room. */
  asking(run: Run, results: ResultReader): Asking {
    const first = askingOptions(this.#first, { run, results });
    if (this.#members.size === 1) return first;
    const others = [...this.#members].filter(([, { parts }]) => parts !== this.#first);
    const all = new Map(others.map(([model, { parts }]) => [model, askingOptions(parts, { run, results })]));
    const of = (model: string | undefined) => all.get(model ?? "") ?? first;
    const { chunk, batch, live, maxBatches } = first;
    return {
      chunk: {
        ...chunk,
        limits: this.limits,
        budget: this.#budget(run),
        isPriced: this.isPriced,
        estimate: this.estimate,
        overheadTokens: this.overheadTokens,
        reask: (line, reply, isReask) => of(line.model).chunk.reask(line, reply, isReask),
      },
      batch: { ...batch, costOf: this.costOf },
      batchFor: ({ model }) => ({ admission: of(model).batch.admission }),
      live: { ...live, fileLines: (one, ...lines) => of(one.model).live.fileLines(one, ...lines) },
      maxBatches,
    };
  }

  #budget({ id }: Run): Budget {
    const { settings, ledger } = this.#first;
    const { maxCost, tokenLimit: tokens } = settings;
    const limit = maxCost === undefined ? undefined : parseUsd(maxCost.toFixed(12));
    const reliance = new JointReliance(() => [...this.#members.values()].map(({ parts }) => parts.money));
    return new Budget({ maxCost: limit, tokens, reliance }, ledger.totalsOf(id));
  }

  /** A model that is none of the panel's is one that another is escalated to. */
  #member(model?: string): Member {
    return (
      this.#members.get(model ?? "") ?? this.#members.get(this.#first.question.request.model) ?? memberOf(this.#first)
    );
  }
}

function partsOf(common: PanelParts, question: Question): AskingParts {
  return { ...common, question, money: moneyOf(common, question.request.model) };
}

type MoneyParts = Pick<PanelParts, "settings" | "host" | "provider" | "ledger" | "modeSwitch">;

/** What the requests to a model cost, and are expected to. */
export function moneyOf({ settings, host, provider, ledger, modeSwitch }: MoneyParts, model: string): Money {
  const price = findPrice(host.prices, model)?.price;
  const isEmbedding = settings.endpoint === "/v1/embeddings";
  const expectedOutput = isEmbedding ? 0 : (settings.expectOutputTokens ?? settings.maxOutputTokens);
  const otherPrices = new Map(
    (settings.escalate ?? []).map((name) => [name, findPrice(host.prices, name)?.price ?? null]),
  );
  const mode = () => modeSwitch.mode;
  return new Money({ ledger, provider: provider.identity, model, price, otherPrices, mode, expectedOutput });
}

function memberOf(parts: AskingParts): Member {
  const { tokenizer, endpoint, contextWindow } = parts.question;
  return { parts, count: createCount({ tokenizer, endpoint, contextWindow }), overheadTokens: learnedOverhead(parts) };
}
