import { ChunkTally } from "../core/chunk-tally.ts";
import { canonicalBody } from "../core/keys.ts";
import { requestLineBytes } from "../core/request-line.ts";
import type { ChunkSettings } from "../pipelines/chunk-limits.ts";
import { type AskPlan, planned } from "./ask-plan.ts";
import type { Item, Items } from "./flow.ts";
import { originOf, positionOf, setOrigin } from "./origin.ts";
import type { ChunkedRequest, CountedRequest } from "./requests.ts";
import { createStage, type FlowStage } from "./stage.ts";

/** Limits of one batch: rows, bytes, input tokens; or into how many all are to go. The provider's hold, too. */
export type ChunkRequestsOptions = ChunkSettings;

/**
 * A stage that says what may go into one batch, and numbers the batches that the requests would fill. The batches
 * themselves are made by `submitBatches`, on disk, of what the ledger has no answer to.
 *
 * @example chunkRequests({ chunkRows: 10_000, chunkTokens: 2_000_000 })
 */
export function chunkRequests<Row extends object>(
  limits: ChunkRequestsOptions = {},
): FlowStage<CountedRequest<Row>, ChunkedRequest<Row>> {
  return createStage((source, context) => chunkAll(source(context), limits));
}

async function* chunkAll<Row extends object>(
  source: Items<CountedRequest<Row>>,
  limits: ChunkRequestsOptions,
): AsyncGenerator<readonly Item<ChunkedRequest<Row>>[]> {
  const numbering = new Numbering(limits);
  for await (const items of source) yield items.map((item) => ("value" in item ? numbering.item(item.value) : item));
}

class Numbering {
  readonly #limits: ChunkRequestsOptions;
  readonly #tally: ChunkTally;
  /** With the limits, by the one without. */
  readonly #plans = new WeakMap<AskPlan, AskPlan>();

  constructor({ chunkRows, chunkBytes, chunkTokens, chunkCount }: ChunkRequestsOptions) {
    this.#limits = {
      ...(chunkRows === undefined ? {} : { chunkRows }),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
      ...(chunkTokens === undefined ? {} : { chunkTokens }),
      ...(chunkCount === undefined ? {} : { chunkCount }),
    };
    this.#tally = new ChunkTally({
      requests: chunkRows ?? Number.POSITIVE_INFINITY,
      bytes: chunkBytes ?? Number.POSITIVE_INFINITY,
      tokens: chunkTokens ?? Number.POSITIVE_INFINITY,
      count: chunkCount,
    });
  }

  item<Row extends object>(request: CountedRequest<Row>): Item<ChunkedRequest<Row>> {
    const { body, endpoint, tokens } = request;

    this.#tally.add(requestLineBytes(ANY_KEY, endpoint, canonicalBody(body)), tokens);
    const value = { ...request, chunk: Math.max(0, this.#tally.chunks - 1) };
    const plan = this.#limited(planned(originOf(request)?.plan));
    setOrigin(value, { position: positionOf(request), text: "{}", plan });
    return { value };
  }

  #limited(plan: AskPlan): AskPlan {
    const known = this.#plans.get(plan) ?? { ...plan, limits: this.#limits };
    this.#plans.set(plan, known);
    return known;
  }
}

/** All are of one length. */
const ANY_KEY = "0".repeat(27);
