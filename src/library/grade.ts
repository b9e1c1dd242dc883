import { type BuildRequestsOptions, buildRequests } from "./build-requests.ts";
import { type ChunkRequestsOptions, chunkRequests } from "./chunk-requests.ts";
import { compose } from "./compose.ts";
import { type CountTokensOptions, countTokens } from "./count-tokens.ts";
import { type MergeResultsOptions, mergeResults } from "./merge-results.ts";
import type { Answered } from "./requests.ts";
import type { FlowStage } from "./stage.ts";
import { type SubmitBatchesOptions, submitBatches } from "./submit-batches.ts";

export interface GradeOptions<Name extends string = "grade">
  extends BuildRequestsOptions,
    Omit<CountTokensOptions, "model">,
    ChunkRequestsOptions,
    SubmitBatchesOptions,
    MergeResultsOptions<Name> {}

/**
 * A stage that has a model answer every row: {@link buildRequests}, {@link countTokens}, {@link chunkRequests},
 * {@link submitBatches} and {@link mergeResults} in one. Rows come out as `bg-pipe grade` writes them.
 *
 * @example grade({ model: "gpt-5-mini", prompt: "classify.yaml", outputField: "label" })
 */
export function grade<Row extends object, const Name extends string = "grade">(
  options: GradeOptions<Name>,
): FlowStage<Row, Answered<Row, Name>> {
  const { encoding } = options;
  return compose(
    buildRequests<Row>(options),
    countTokens<Row>(encoding === undefined ? {} : { encoding }),
    chunkRequests<Row>(options),
    submitBatches<Row>(options),
    mergeResults<Row, Name>(options),
  );
}
