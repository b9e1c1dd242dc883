import type { Counters } from "../core/counters.ts";
import type { RequestRow } from "../core/records.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { SeenKeys } from "../ledger/seen-keys.ts";
import type { ChunkLimits } from "./chunk.ts";

/** `custom_id`, method, url and punctuation around a body. */
const LINE_OVERHEAD_BYTES = 110;

export interface PlanOptions {
  readonly ledger: Ledger;
  readonly seen: SeenKeys;
  readonly limits: ChunkLimits;
  readonly counters: Counters;
}

/**
 * The plan stage, in the place of chunk, submit and all that follows when nothing is to be asked: counts what would
 * be, in how many chunks.
 */
export class Plan {
  readonly #options: PlanOptions;
  #requests = 0;
  #bytes = 0;
  #tokens = 0;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  add(rows: readonly RequestRow[]): void {
    const { counters, ledger, seen } = this.#options;
    const keys = rows.flatMap((row) => ("request" in row ? [row.request.key] : []));
    const states = ledger.outcomes(keys);
    const known = new Map(states.map((state, index) => [keys[index], state.kind]));
    for (const row of rows) {
      if (!("request" in row)) counters.countFailure(row.failure.code);
      else if (!seen.add(row.request.key)) counters.rowsShared++;
      else this.#place(row.request, known.get(row.request.key));
    }
  }

  #place({ bodyText, tokens }: { bodyText: string; tokens: number }, kind: string | undefined): void {
    const { counters, limits } = this.#options;
    const bytes = Buffer.byteLength(bodyText) + LINE_OVERHEAD_BYTES;
    if (bytes > limits.bytes || tokens > limits.tokens) counters.countFailure("too_long");
    else if (kind === "answered" || kind === "failed") counters.rowsReused++;
    else if (kind === "pending") counters.rowsAttached++;
    else this.#ask(bytes, tokens);
  }

  #ask(bytes: number, tokens: number): void {
    const { counters, limits } = this.#options;
    counters.rowsAsked++;
    counters.tokensEstimated += tokens;
    const isFull =
      this.#requests >= limits.requests || this.#bytes + bytes > limits.bytes || this.#tokens + tokens > limits.tokens;
    if (this.#requests === 0 || isFull) this.#open();
    this.#requests++;
    this.#bytes += bytes;
    this.#tokens += tokens;
  }

  #open(): void {
    this.#requests = 0;
    this.#bytes = 0;
    this.#tokens = 0;
    const { counters, limits } = this.#options;
    counters.chunks = Math.min(counters.chunks + 1, limits.count ?? Number.MAX_SAFE_INTEGER);
  }
}
