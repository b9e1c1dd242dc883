import type { ChunkAccount } from "../../ledger/accounts.ts";
import type { CostFigures, SavedFigures } from "../../report/costs.ts";
import { errorPercent } from "../../report/estimate-error.ts";
import type { Saving } from "./savings.ts";

/** Adds up what some batches cost, and what some runs saved. */
export class CostSums {
  #batches = 0;
  #requests = 0;
  #unpriced = 0;
  #cost = 0n;
  #estimate: bigint | undefined = 0n;
  #estimatedInput = 0;
  readonly #tokens = { input: 0, cached: 0, output: 0, reasoning: 0 };
  /** Input of batches every request of which was billed. */
  readonly #compared = { estimated: 0, billed: 0 };
  readonly #saved = { cost: 0n, isWhole: true, reused: 0, shared: 0 };

  add({ chunk, spent }: ChunkAccount): void {
    const { requests, unpriced, usage, cost, estimatedCost } = spent;
    if (chunk.mode === "batch") this.#batches++;
    this.#requests += requests;
    this.#unpriced += unpriced;
    this.#cost += cost;
    this.#estimate = both(this.#estimate, estimatedCost);
    this.#estimatedInput += chunk.tokens;
    this.#tokens.input += usage.input;
    this.#tokens.cached += usage.cached;
    this.#tokens.output += usage.output;
    this.#tokens.reasoning += usage.reasoning;
    if (requests !== chunk.requests || usage.input === 0) return;
    this.#compared.estimated += chunk.tokens;
    this.#compared.billed += usage.input;
  }

  addSaving({ cost, reusedRows, sharedRows }: Saving): void {
    this.#saved.cost += cost ?? 0n;
    this.#saved.isWhole &&= cost !== undefined;
    this.#saved.reused += reusedRows;
    this.#saved.shared += sharedRows;
  }

  /** What is known of the cost, to order by. */
  get knownCost(): bigint {
    return this.#cost;
  }

  /** @param hasSavings Whether what was saved can be told for these batches. */
  figures(hasSavings: boolean): CostFigures {
    const { input, cached, output, reasoning } = this.#tokens;
    return {
      batches: this.#batches,
      requests: this.#requests,
      input_tokens: input,
      cached_tokens: cached,
      output_tokens: output,
      reasoning_tokens: reasoning,
      total_tokens: input + output,
      estimated_input_tokens: this.#estimatedInput,
      input_error_percent: errorPercent(this.#compared),
      cost_usd: this.#unpriced === 0 ? this.#cost : null,
      known_cost_usd: this.#cost,
      unpriced_requests: this.#unpriced,
      estimated_cost_usd: this.#estimate ?? null,
      ...(hasSavings ? this.#savedFigures() : NOT_TOLD),
    };
  }

  #savedFigures(): SavedFigures {
    const { cost, isWhole, reused, shared } = this.#saved;
    return { saved_usd: isWhole ? cost : null, known_saved_usd: cost, reused_rows: reused, shared_rows: shared };
  }
}

const NOT_TOLD: SavedFigures = { saved_usd: null, known_saved_usd: null, reused_rows: null, shared_rows: null };

function both(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
