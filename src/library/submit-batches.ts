import { UsageError } from "../core/errors.ts";
import { Handoff } from "../core/handoff.ts";
import type { AnsweredRow } from "../core/records.ts";
import { objectText } from "../core/respell.ts";
import { type AskedRow, askRequests } from "../pipelines/ask-requests.ts";
import { followedBy } from "../pipelines/peek-rows.ts";
import type { Question } from "../pipelines/question.ts";
import { type AskPlan, planned } from "./ask-plan.ts";
import { goodRow } from "./build-requests.ts";
import type { FailedItem, FlowContext, Item, Items } from "./flow.ts";
import { originOf, setOrigin } from "./origin.ts";
import type { ChunkedRequest, RequestResult } from "./requests.ts";
import { createStage, type FlowStage } from "./stage.ts";
import { openHost, type SubmitBatchesOptions } from "./submit-host.ts";

export type { SubmitBatchesOptions } from "./submit-host.ts";

/**
 * A stage that has requests answered: by the Batch API, or live, over the ledger of the state directory. What the ledger
 * has is not asked again, in this run or any other; rows wait on disk as JSON until their answers are here. It takes
 * requests only while a batch may be added.
 *
 * @throws {UnfinishedError} from the rows, when `detach` or `wait` leave batches at work: run the same program again
 * @throws {BgPipeError} from the rows, when provider, key or ledger are not to be had
 *
 * @example submitBatches({ provider: "openai", maxCost: 5 })
 */
export function submitBatches<Row extends object>(
  options: SubmitBatchesOptions = {},
): FlowStage<ChunkedRequest<Row>, RequestResult<Row>> {
  return createStage((source, context) => new Submission<Row>(options, context).results(source));
}

class Submission<Row extends object> {
  readonly #options: SubmitBatchesOptions;
  readonly #context: FlowContext;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #handoff: Handoff<readonly AnsweredRow[]>;

  constructor(options: SubmitBatchesOptions, context: FlowContext) {
    this.#options = options;
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    this.#handoff = new Handoff(this.#signal);
  }

  /** Nothing is opened before there is a request; rows that failed before it go ahead. */
  async *results(
    source: (context: FlowContext) => Items<ChunkedRequest<Row>>,
  ): AsyncGenerator<readonly Item<RequestResult<Row>>[]> {
    const iterator = source({ ...this.#context, signal: this.#signal })[Symbol.asyncIterator]();
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        const first = next.value.find((item) => "value" in item);
        if (first !== undefined && "value" in first) {
          return yield* this.#answer(planned(originOf(first.value)?.plan), followedBy([next.value], iterator));
        }
        yield next.value.filter(isFailed);
      }
    } finally {
      this.#stop.abort();
      await iterator.return?.();
    }
  }

  async *#answer(
    plan: AskPlan,
    items: Items<ChunkedRequest<Row>>,
  ): AsyncGenerator<readonly Item<RequestResult<Row>>[]> {
    const job = this.#ask(plan, items);
    job.then(
      () => this.#handoff.end(),
      (error: unknown) => this.#handoff.fail(error),
    );
    try {
      for await (const rows of this.#handoff) yield rows.map((row) => resultOf<Row>(row));
    } finally {
      this.#stop.abort();
      await job.catch(() => {});
    }
  }

  async #ask(plan: AskPlan, items: Items<ChunkedRequest<Row>>): Promise<void> {
    const { notes, asking } = this.#context;
    const { question, limits } = plan;
    const { close, ...host } = await openHost(this.#options, question, this.#signal);
    try {
      const { summary, error } = await askRequests({
        ...host,
        settings: { ...host.settings, ...limits },
        question,
        rows: askedRows(items, plan),
        addedFields: asking?.addedFields ?? [],
        take: (answered) => this.#hand(answered),
      });
      notes.asked.push(summary);
      if (error !== undefined) throw error;
    } finally {
      await close();
    }
  }

  async #hand(answered: AsyncIterable<readonly AnsweredRow[]>): Promise<void> {
    for await (const rows of answered) await this.#handoff.put(rows);
  }
}

function isFailed(item: Item<unknown>): item is FailedItem {
  return !("value" in item);
}

async function* askedRows(
  items: Items<ChunkedRequest<object>>,
  { question }: AskPlan,
): AsyncGenerator<readonly AskedRow[]> {
  let number = 0;
  for await (const some of items) {
    yield some.map((item) => (isFailed(item) ? failedRowOf(item) : askedRow(item.value, question, ++number)));
  }
}

function failedRowOf({ row, failure }: FailedItem): AskedRow {
  return { row: row.kind === "bad" ? row : { ...row, fields: {} }, failure };
}

/** @throws {UsageError} for a request of another kind than the first: a run asks one model, in one way */
function askedRow(request: ChunkedRequest<object>, question: Question, number: number): AskedRow {
  const { row, body, tokens } = request;
  const plan = planned(originOf(request)?.plan);
  if (plan.question !== question || body.model !== question.request.model) {
    throw new UsageError("requests of several kinds meet in one submitBatches", {
      hint: "Ask each model in a stage of its own; to change the model of all requests, change buildRequests.",
    });
  }
  return { row: { ...goodRow(row, number), fields: { ...row } }, body, tokens };
}

/** The row comes back from the disk, as a new object. */
function resultOf<Row>({ row, added, failure }: AnsweredRow): Item<RequestResult<Row>> {
  if (row.kind === "bad") return { row, failure: failure ?? { code: "bad_input", message: row.message } };
  const own: Row = JSON.parse(row.text);
  setOrigin(own, { text: row.text, position: row.position });
  const text = objectText(added.map(({ name, json }) => [name, json]));
  const value: RequestResult<Row> = { row: own, ...JSON.parse(text) };
  setOrigin(value, { text, position: row.position });
  return { value };
}
