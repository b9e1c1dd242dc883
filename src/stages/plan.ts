import type { ChunkLimits } from "../core/chunk-limits.ts";
import { ChunkTally } from "../core/chunk-tally.ts";
import type { Counters } from "../core/counters.ts";
import { type OverheadTokens, overheadOf } from "../core/overhead-tokens.ts";
import type { Request, RequestRow } from "../core/records.ts";
import { requestLineBytes } from "../core/request-line.ts";
import type { Claim, Ledger, Run } from "../ledger/ledger.ts";
import type { SeenKeys } from "../ledger/seen-keys.ts";

export interface PlanOptions {
  readonly ledger: Ledger;
  /** As who the ledger is asked: a run that has no number yet. */
  readonly run: Pick<Run, "id" | "freshSince">;
  readonly endpoint: string;
  readonly seen: SeenKeys;
  readonly limits: ChunkLimits;
  /** Input tokens of each request beside its own. */
  readonly overheadTokens: OverheadTokens;
  readonly counters: Counters;
  /** What a request of so many input tokens will cost, in pico-dollars; undefined when its price is not known. */
  readonly estimate: (tokens: number, model?: string) => bigint | undefined;
}

/**
 * The plan stage, in the place of chunk, submit and all that follows when nothing is to be asked: counts what would
 * be, in how many chunks.
 */
export class Plan {
  readonly #options: PlanOptions;
  /** By model: a batch asks one only. */
  readonly #tallies = new Map<string, ChunkTally>();

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  add(rows: readonly RequestRow[]): void {
    const { counters, ledger, run, seen } = this.#options;
    const keys = rows.flatMap((row) => ("request" in row ? [row.request.key] : []));
    const claims = ledger.wouldClaim(keys, run);
    const kinds = new Map(claims.map((claim, index) => [keys[index], claim.kind]));
    for (const row of rows) {
      if (!("request" in row)) counters.countFailure(row.failure.code);
      else if (!seen.add(row.request.key)) counters.rowsShared++;
      else this.#place(row.request, kinds.get(row.request.key) ?? "new");
    }
  }

  #place({ key, body, bodyText, tokens }: Request, kind: Claim["kind"]): void {
    const { counters, endpoint } = this.#options;
    const bytes = requestLineBytes(key, endpoint, bodyText);
    if (!this.#tallyOf(body.model).takes(bytes, tokens)) counters.countFailure("too_long");
    else if (kind === "settled") counters.rowsReused++;
    else if (kind === "new")
      this.#ask(bytes, tokens + overheadOf(this.#options.overheadTokens, body.model), body.model);
    else counters.rowsAttached++;
  }

  #ask(bytes: number, tokens: number, model: string): void {
    const { counters } = this.#options;
    counters.rowsAsked++;
    counters.tokensEstimated += tokens;
    counters.costEstimated += this.#options.estimate(tokens, model) ?? 0n;
    const tally = this.#tallyOf(model);
    counters.chunks -= tally.chunks;
    tally.add(bytes, tokens);
    counters.chunks += tally.chunks;
  }

  #tallyOf(model: string): ChunkTally {
    const tally = this.#tallies.get(model) ?? new ChunkTally(this.#options.limits);
    this.#tallies.set(model, tally);
    return tally;
  }
}
