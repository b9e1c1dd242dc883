import type { ChunkLimits } from "../../core/chunk-limits.ts";
import { ChunkTally } from "../../core/chunk-tally.ts";
import type { Price } from "../../pricing/price.ts";
import type { CountFigures } from "../../report/count.ts";
import { CostTally } from "./cost-tally.ts";
import type { CountedRows } from "./row-counter.ts";
import { TokenTable } from "./token-table.ts";
import { rowsOf } from "./uncounted.ts";

export interface TallyOptions {
  readonly limits: ChunkLimits;
  /** The model's context window in tokens; undefined when it is not known. */
  readonly contextWindow: number | undefined;
  readonly price: Price | undefined;
  /** Input tokens of each request beside its own: in chunks and costs, and in no statistic. */
  readonly overheadTokens: number;
}

/** What has been counted: of one file, or of all. */
export class Tally {
  /** Bytes of the input, decompressed. */
  bytes = 0;
  readonly tokens = new TokenTable();
  readonly costs: CostTally;
  /** Requests that are within the context window, but too large for any chunk. */
  tooLarge = 0;
  readonly #contextWindow: number;
  readonly #overheadTokens: number;
  readonly #chunks: ChunkTally;
  #badRows = 0;
  #overContext = 0;

  constructor({ limits, contextWindow = Number.POSITIVE_INFINITY, price, overheadTokens }: TallyOptions) {
    this.#overheadTokens = overheadTokens;
    this.#contextWindow = contextWindow;
    this.#chunks = new ChunkTally(limits);
    this.costs = new CostTally(price);
  }

  add({ tokens, bytes, uncounted }: CountedRows): void {
    this.#badRows += rowsOf(uncounted);
    for (let row = 0; row < tokens.length; row++) this.#addRequest(tokens[row] ?? 0, bytes[row] ?? 0);
  }

  get figures(): CountFigures {
    const { tokens } = this;
    return {
      rows: tokens.rows + this.#badRows,
      bad_rows: this.#badRows,
      bytes: this.bytes,
      tokens: {
        total: tokens.total,
        mean: tokens.mean ?? null,
        min: tokens.min ?? null,
        max: tokens.max ?? null,
        p50: tokens.percentile(50) ?? null,
        p95: tokens.percentile(95) ?? null,
        p99: tokens.percentile(99) ?? null,
      },
      chunks: this.#chunks.chunks,
      over_context: this.#overContext,
    };
  }

  /** A request that would not be asked is in the statistics, but in no chunk and in no cost. */
  #addRequest(tokens: number, bytes: number): void {
    this.tokens.add(tokens);
    if (tokens > this.#contextWindow) {
      this.#overContext++;
    } else if (!this.#chunks.takes(bytes, tokens)) {
      this.tooLarge++;
    } else {
      this.#chunks.add(bytes, tokens + this.#overheadTokens);
      this.costs.add(tokens + this.#overheadTokens);
    }
  }
}
