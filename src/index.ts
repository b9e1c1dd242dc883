/**
 * bg-pipe as a library: rows through stages, and the whole of what the command line does.
 *
 * **Pipelines of one's own**: {@link pipeline} runs rows ({@link readRows}, or anything that can be iterated over) through
 * stages ({@link map}, {@link filter}, {@link grade}; in parts {@link buildRequests}, {@link countTokens},
 * {@link chunkRequests}, {@link submitBatches}, {@link mergeResults}) into an end ({@link writeRows}). A stage is a function
 * from rows to rows; {@link compose} joins some, {@link asStream} makes Node streams of them.
 *
 * **The commands as functions**, over files: {@link gradeFiles}, {@link buildRequestFile}, {@link submitRequestFile},
 * {@link mergeResultFiles}, {@link convertFiles}, {@link countFiles}, {@link splitFiles}; {@link takeCosts} adds up what a
 * ledger's {@link books} say was spent.
 *
 * The registries ({@link formats}, {@link providers}, {@link endpoints}, {@link tokenizers}, {@link ledgers}) map names to
 * lazy loaders; each part has an entry of its own, such as `bg-pipe/formats/csv`. What is thrown on purpose is a
 * {@link BgPipeError}. Nothing else of the package is public.
 *
 * @module
 */

export { type Configuration, type ConfigurationSources, loadConfiguration } from "./config/load.ts";
export type { RunOptions } from "./config/options.ts";
export { packageVersion, readPackageText } from "./config/package-data.ts";
export { readTextFile } from "./config/text-file.ts";
export { type Calendar, calendarOf } from "./core/calendar.ts";
export type { ChunkLimits } from "./core/chunk-limits.ts";
export { type Clock, systemClock } from "./core/clock.ts";
export type { Combine, Combined, FanIn, PartOutcome } from "./core/combine.ts";
export { Counters } from "./core/counters.ts";
export {
  BgPipeError,
  ConfigurationError,
  type ErrorDetails,
  EXIT,
  InputDataError,
  InputMissingError,
  InternalError,
  KeyRefusedError,
  OutputError,
  ProviderUnreachableError,
  UnfinishedError,
  UsageError,
} from "./core/errors.ts";
export { type LogFields, type Logger, silentLogger } from "./core/logger.ts";
export {
  type AddedField,
  type AnsweredRow,
  type BadRow,
  FAILURE_CODES,
  type Failure,
  type FailureCode,
  type Fields,
  type GoodRow,
  type Position,
  type Request,
  type RequestBody,
  type RequestRow,
  type Row,
  type TextRow,
  type Usage,
} from "./core/records.ts";
export { load, type Registry } from "./core/registry.ts";
export type { RowFunction, RowFunctionContext, RowFunctionResult } from "./core/row-function.ts";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator/server.ts";
export type { AnswerSchema, Endpoint, ModelAnswer, RequestSettings } from "./endpoints/endpoint.ts";
export { endpoints } from "./endpoints/index.ts";
export type { DecodeOptions, EncodeOptions, Encoder, Format } from "./formats/format.ts";
export { formats } from "./formats/index.ts";
export type { Books } from "./ledger/books.ts";
export { books, type LedgerSettings, ledgers } from "./ledger/index.ts";
export { type BuildRequestsOptions, buildRequests } from "./library/build-requests.ts";
export { type ChunkRequestsOptions, chunkRequests } from "./library/chunk-requests.ts";
export { asStream, compose } from "./library/compose.ts";
export { type CountTokensOptions, countTokens } from "./library/count-tokens.ts";
export { Flow } from "./library/flow.ts";
export { type GradeOptions, grade } from "./library/grade.ts";
export { filter, type MapOptions, map } from "./library/map.ts";
export { type MergeResultsOptions, mergeResults } from "./library/merge-results.ts";
export { type PipelineOptions, pipeline } from "./library/pipeline.ts";
export { type ReadRowsOptions, readRows } from "./library/read-rows.ts";
export type { PipelineReport } from "./library/report.ts";
export type {
  AnswerError,
  Answered,
  ChunkedRequest,
  CountedRequest,
  RequestResult,
  RowRequest,
} from "./library/requests.ts";
export type { FlowSink, FlowStage, Sink, Stage, StageOptions } from "./library/stage.ts";
export { type SubmitBatchesOptions, submitBatches } from "./library/submit-batches.ts";
export { through } from "./library/through.ts";
export { type WriteRowsOptions, writeRows } from "./library/write-rows.ts";
export type { BuildInfo } from "./metrics/definitions.ts";
export { registerMetrics } from "./metrics/index.ts";
export { type BuildHost, type BuildSettings, buildRequests as buildRequestFile } from "./pipelines/build-requests.ts";
export { type ConvertHost, type ConvertSettings, convertRows as convertFiles } from "./pipelines/convert-rows.ts";
export {
  type CountHost,
  type CountResult,
  type CountSettings,
  count as countFiles,
  type Learned,
} from "./pipelines/count.ts";
export { type GradeResult, grade as gradeFiles } from "./pipelines/grade.ts";
export type { LiveEvent, LiveObserver } from "./pipelines/live-events.ts";
export { type MergeHost, type MergeSettings, mergeResults as mergeResultFiles } from "./pipelines/merge-results.ts";
export { definePlugin, type Plugin } from "./pipelines/plugins.ts";
export { runPipeline } from "./pipelines/run-pipeline.ts";
export type { GradeSettings, RunHost } from "./pipelines/settings.ts";
export { type SplitHost, type SplitSettings, split as splitFiles } from "./pipelines/split.ts";
export type {
  PipelinePlan,
  PlannedAsking,
  PlannedBranch,
  PlannedOutput,
  PlannedRowStep,
  PlannedStep,
} from "./pipelines/steps/plan.ts";
export type { RowStep, StepContext, Tally } from "./pipelines/steps/row-step.ts";
export type { Middleware, Respond, Strategy, StrategyAnswer } from "./pipelines/strategy.ts";
export { submitRequests as submitRequestFile } from "./pipelines/submit-requests.ts";
export { type CostsQuestion, type TimeWindow, takeCosts } from "./pipelines/take-costs.ts";
export { type BilledUsage, costOf, type ExpectedUsage, estimateCost } from "./pricing/cost.ts";
export type { Mode, PicoUsd, Price, Rates, RatesByMode, Tier } from "./pricing/price.ts";
export { type FoundPrice, findPrice, mergePrices, type PriceTable, parsePrices } from "./pricing/price-table.ts";
export { displayUsd, formatUsd, parseUsd } from "./pricing/usd.ts";
export { parseJsonWithUsd, stringifyWithUsd, usdInJson } from "./pricing/usd-json.ts";
export type { Example, Prompt, PromptText } from "./prompts/prompt.ts";
export { providers } from "./providers/index.ts";
export type { Batch, BatchLimits, LiveReply, LiveRequest, Provider, ProviderSettings } from "./providers/provider.ts";
export { ProviderError } from "./providers/provider-error.ts";
export type { BuildReport } from "./report/build.ts";
export type { ConvertReport } from "./report/convert.ts";
export { COST_GROUPS, type CostFigures, type CostGroup, type CostsReport } from "./report/costs.ts";
export type { CountFigures, CountReport, FileFigures, TokenFigures } from "./report/count.ts";
export type { MergeReport } from "./report/merge.ts";
export type { SplitFile, SplitReport } from "./report/split.ts";
export type { Summary } from "./report/summary.ts";
export type { LiveAttempt } from "./stages/ask.ts";
export { tokenizers } from "./tokens/index.ts";
export type { Tokenizer } from "./tokens/tokenizer.ts";
