/**
 * bg-pipe as a library: the pipeline that the command line runs, and every part of it for pipelines of one's own.
 *
 * {@link grade} is the whole pipeline; {@link buildRequests}, {@link submitRequests} and {@link mergeResults} are its three
 * parts, over files. {@link count} and {@link split} read rows and ask nothing, {@link takeCosts} adds up what a ledger's
 * {@link books} say was spent. The stages are functions and small classes over arrays of rows, in the order
 * of the flow: {@link RowSource}, {@link createGuard}, {@link createBuild}, {@link createCount}, {@link ChunkStage},
 * {@link submit}, {@link poll}, {@link fetchResults}, {@link settle}, {@link createMerge}, {@link write}. The
 * registries ({@link formats}, {@link providers}, {@link endpoints}, {@link tokenizers}, {@link ledgers}) map names to
 * lazy loaders. What is thrown on purpose is a {@link BgPipeError}. Nothing else of the package is public.
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
export {
  type CallEnd,
  type CoolDownNotice,
  LiveGate,
  type LiveGateOptions,
  type LiveLimits,
  type LivePermit,
} from "./core/live-gate.ts";
export { type LogFields, type Logger, silentLogger } from "./core/logger.ts";
export type { PromptMessage, RenderedPrompt } from "./core/prompt.ts";
export { parseRateLimits, type RateLimit, type RateLimitNotice } from "./core/rate-limit-headers.ts";
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
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator/server.ts";
export type { AnswerSchema, Endpoint, ModelAnswer, RequestSettings } from "./endpoints/endpoint.ts";
export { endpoints } from "./endpoints/index.ts";
export type { DecodeOptions, EncodeOptions, Encoder, Format } from "./formats/format.ts";
export { formats } from "./formats/index.ts";
export { FileOutput, type Output, StreamOutput } from "./io/output.ts";
export type { Books } from "./ledger/books.ts";
export { books, type LedgerSettings, ledgers } from "./ledger/index.ts";
export type { Chunk, Claim, Ledger, NewRun, RequestState, Run } from "./ledger/ledger.ts";
export { ResultReader } from "./ledger/result-reader.ts";
export {
  CompletionOrderRoom,
  InputOrderRoom,
  type SettledRow,
  type WaitingRoom,
} from "./ledger/waiting-room.ts";
export type { BuildInfo } from "./metrics/definitions.ts";
export { registerMetrics } from "./metrics/index.ts";
export { type BuildHost, type BuildSettings, buildRequests } from "./pipelines/build-requests.ts";
export { type ConvertHost, type ConvertSettings, convertRows } from "./pipelines/convert-rows.ts";
export { type CountHost, type CountResult, type CountSettings, count, type Learned } from "./pipelines/count.ts";
export { type GradeResult, grade } from "./pipelines/grade.ts";
export type { LiveEvent, LiveObserver } from "./pipelines/live-events.ts";
export { type MergeHost, type MergeSettings, mergeResults } from "./pipelines/merge-results.ts";
export type { GradeSettings, RunHost } from "./pipelines/settings.ts";
export { type SplitHost, type SplitSettings, split } from "./pipelines/split.ts";
export type { Middleware, Respond, Strategy, StrategyAnswer } from "./pipelines/strategy.ts";
export { submitRequests } from "./pipelines/submit-requests.ts";
export { type CostsQuestion, type TimeWindow, takeCosts } from "./pipelines/take-costs.ts";
export { type BilledUsage, costOf, type ExpectedUsage, estimateCost } from "./pricing/cost.ts";
export type { Mode, PicoUsd, Price, Rates, RatesByMode, Tier } from "./pricing/price.ts";
export { type FoundPrice, findPrice, mergePrices, type PriceTable, parsePrices } from "./pricing/price-table.ts";
export { displayUsd, formatUsd, parseUsd } from "./pricing/usd.ts";
export { parseJsonWithUsd, stringifyWithUsd, usdInJson } from "./pricing/usd-json.ts";
export { loadPrompt } from "./prompts/load.ts";
export type { Example, Prompt, PromptText } from "./prompts/prompt.ts";
export { createRenderer, type RendererOptions } from "./prompts/renderer.ts";
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
export { type AskOptions, ask, type LiveAttempt } from "./stages/ask.ts";
export { type BuildOptions, createBuild } from "./stages/build.ts";
export { type ChunkOptions, ChunkStage } from "./stages/chunk.ts";
export { type CountOptions, createCount } from "./stages/count.ts";
export { type FetchOptions, fetchResults } from "./stages/fetch.ts";
export { createGuard, type GuardOptions } from "./stages/guard.ts";
export { createMerge, type MergeOptions } from "./stages/merge.ts";
export { type EndedChunk, type PollOptions, poll } from "./stages/poll.ts";
export { type ReadOptions, RowSource } from "./stages/read.ts";
export { type SettleOptions, settle } from "./stages/settle.ts";
export { type SubmitOptions, submit } from "./stages/submit.ts";
export { EncodedSink, type Sink, type WriteOptions, write } from "./stages/write.ts";
export { tokenizers } from "./tokens/index.ts";
export type { Tokenizer } from "./tokens/tokenizer.ts";
