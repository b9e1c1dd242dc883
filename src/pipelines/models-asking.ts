import { Budget } from "../core/budget.ts";
import { InternalError } from "../core/errors.ts";
import type { Patience } from "../core/patience.ts";
import type { Run } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import { parseUsd } from "../pricing/usd.ts";
import type { AnswerRowsOptions } from "./answer-rows.ts";
import { askingOptions, patienceOf } from "./asking.ts";
import { checksOfChunk } from "./chunk-checks.ts";
import type { DeskOptions, ModelDesks } from "./model-desks.ts";

type Asking = ReturnType<typeof askingOptions>;

interface Execution {
  readonly run: Run;
  readonly results: ResultReader;
}

/** How a run asks several models: each by its own limits and prices, all within one budget and one patience. */
export class ModelsAsking {
  readonly #desks: ModelDesks;
  readonly #options: DeskOptions;
  readonly #execution: Execution & { readonly patience: Patience };
  readonly #asking = new Map<string, Asking>();

  constructor(desks: ModelDesks, options: DeskOptions, execution: Execution) {
    this.#desks = desks;
    this.#options = options;
    this.#execution = { ...execution, patience: patienceOf(options.settings, options.host) };
  }

  /** Prepares a model. @throws {ConfigurationError} when its price is not known, and money is limited */
  async open(model: string): Promise<Asking> {
    const { parts } = await this.#desks.open(model);
    const asking = this.#asking.get(model) ?? askingOptions(parts, this.#execution);
    this.#asking.set(model, asking);
    return asking;
  }

  /** @param model Any, opened: what is the same for all is taken from it. */
  async options(
    model: string,
  ): Promise<Pick<AnswerRowsOptions, "chunk" | "batch" | "batchFor" | "live" | "maxBatches">> {
    const { chunk, batch, live, maxBatches } = await this.open(model);
    return {
      chunk: {
        ...chunk,
        budget: this.#budget(),
        isPriced: true,
        estimate: this.#desks.estimate,
        overheadTokens: this.#desks.overheadTokens,
        reask: (line, reply, isReask) => this.#find(line.model).chunk.reask(line, reply, isReask),
      },
      batch,
      batchFor: (one) => {
        const { admission, costOf } = this.#find(one.model).batch;
        return { admission, costOf, checksOf: (settled) => checksOfChunk(settled, this.#options) };
      },
      live: { ...live, fileLines: (one, ...lines) => this.#find(one.model).live.fileLines(one, ...lines) },
      maxBatches,
    };
  }

  #budget(): Budget {
    const { settings, ledger } = this.#options;
    const { maxCost, tokenLimit: tokens } = settings;
    const limit = maxCost === undefined ? undefined : parseUsd(maxCost.toFixed(12));
    return new Budget({ maxCost: limit, tokens, reliance: this.#desks }, ledger.totalsOf(this.#execution.run.id));
  }

  #find(model: string | undefined): Asking {
    const asking = this.#asking.get(model ?? "");
    if (asking === undefined) throw new InternalError(`the model ${model} was not prepared`);
    return asking;
  }
}
