import { describeModel } from "../pipelines/question.ts";
import { createCount } from "../stages/count.ts";
import { planned } from "./ask-plan.ts";
import { goodRow, readData } from "./build-requests.ts";
import { libraryDefaults } from "./defaults.ts";
import type { Item, Items } from "./flow.ts";
import { originOf, setOrigin } from "./origin.ts";
import type { CountedRequest, RowRequest } from "./requests.ts";
import { createStage, type FlowStage } from "./stage.ts";

export interface CountTokensOptions {
  /** Counts as this model does; as the one that is asked when not given. */
  readonly model?: string;
  /** Counts in this encoding, whatever the model. */
  readonly encoding?: string;
}

/**
 * A stage that counts the input tokens of requests, as tiktoken does. One that the model's context window cannot hold
 * goes past the stages with the reason.
 *
 * @throws {ConfigurationError} from the rows, for a model that nobody has described
 */
export function countTokens<Row extends object>(
  options: CountTokensOptions = {},
): FlowStage<RowRequest<Row>, CountedRequest<Row>> {
  return createStage((source, context) => countAll(source(context), options));
}

async function* countAll<Row extends object>(
  source: Items<RowRequest<Row>>,
  options: CountTokensOptions,
): AsyncGenerator<readonly Item<CountedRequest<Row>>[]> {
  let count: Count | undefined;
  for await (const items of source) {
    const first = items.find((item) => "value" in item);
    if (first !== undefined && "value" in first) count ??= await countOf(first.value, options);
    yield items.flatMap((item) =>
      !("value" in item) ? [item] : count === undefined ? [] : [counted(item.value, count)],
    );
  }
}

type Count = ReturnType<typeof createCount>;

async function countOf(request: RowRequest<object>, { model, encoding }: CountTokensOptions): Promise<Count> {
  const { question } = planned(originOf(request)?.plan);
  if (model === undefined && encoding === undefined) return createCount(question);
  const settings = { ...libraryDefaults(), ...(encoding === undefined ? {} : { encoding }) };
  const { models } = await readData();
  const described = await describeModel(settings, { name: model ?? question.request.model, models });
  return createCount({ ...described, endpoint: question.endpoint });
}

function counted<Row extends object>(request: RowRequest<Row>, count: Count): Item<CountedRequest<Row>> {
  const { row, body } = request;
  const [result] = count([{ row: goodRow(row, 0), request: { key: "", body, bodyText: "", tokens: 0 } }]);
  if (result !== undefined && "failure" in result) return result;
  const value = { ...request, tokens: result?.request.tokens ?? 0 };
  setOrigin(value, originOf(request));
  return { value };
}
