import type { ChunkAccount } from "../../ledger/accounts.ts";
import { errorPercent } from "../../report/estimate-error.ts";
import type { Compared, ModelFigures, RunReport } from "../../report/run-report.ts";
import { CostSums } from "../costs/cost-sums.ts";

interface Group {
  readonly model: string;
  readonly mode: ModelFigures["mode"];
  readonly sums: CostSums;
  chunks: number;
}

/** Adds up what the chunks of a run took and cost, by model and way of asking, and in all beside the estimate. */
export class ModelSums {
  readonly #groups = new Map<string, Group>();
  readonly #tokens = { estimated: 0, billed: 0 };
  readonly #cost = { estimated: 0n, billed: 0n };
  #isPriced = true;
  #isCompared = false;

  /** Takes the account of a chunk; one that is not settled is not counted. */
  add(account: ChunkAccount): void {
    const { chunk, spent } = account;
    if (chunk.state !== "settled" || (chunk.batchId === null && chunk.mode === "batch")) return;
    const group = this.#groupOf(chunk);
    group.chunks++;
    group.sums.add(account);
    if (spent.requests !== chunk.requests || spent.usage.input === 0) return;
    this.#isCompared = true;
    this.#tokens.estimated += chunk.tokens;
    this.#tokens.billed += spent.usage.input;
    this.#isPriced &&= spent.unpriced === 0 && spent.estimatedCost !== undefined;
    this.#cost.estimated += spent.estimatedCost ?? 0n;
    this.#cost.billed += spent.cost;
  }

  /** The dearest first. */
  figures(): readonly ModelFigures[] {
    const dearest = [...this.#groups.values()].sort((a, b) => (a.sums.knownCost < b.sums.knownCost ? 1 : -1));
    return dearest.map(({ model, mode, sums, chunks }) => ({ model, mode, chunks, ...picked(sums) }));
  }

  /** Over chunks of which every request was billed. */
  estimate(): RunReport["estimate"] {
    if (!this.#isCompared) return { input_tokens: NOTHING, cost_usd: NOTHING };
    const { estimated, billed } = this.#cost;
    const inDollars = { estimated: Number(estimated), billed: Number(billed) };
    return {
      input_tokens: { ...this.#tokens, error_percent: errorPercent(this.#tokens) },
      cost_usd: this.#isPriced ? { ...this.#cost, error_percent: errorPercent(inDollars) } : NOTHING,
    };
  }

  #groupOf({ model, mode }: ChunkAccount["chunk"]): Group {
    const key = `${mode} ${model}`;
    const group = this.#groups.get(key) ?? { model, mode, sums: new CostSums(), chunks: 0 };
    this.#groups.set(key, group);
    return group;
  }
}

const NOTHING: Compared<never> = { estimated: null, billed: null, error_percent: null };

function picked(sums: CostSums) {
  const figures = sums.figures(false);
  const { requests, input_tokens, cached_tokens, output_tokens, reasoning_tokens } = figures;
  const { estimated_input_tokens, cost_usd, estimated_cost_usd } = figures;
  return {
    requests,
    input_tokens,
    cached_tokens,
    output_tokens,
    reasoning_tokens,
    estimated_input_tokens,
    cost_usd,
    estimated_cost_usd,
  };
}
