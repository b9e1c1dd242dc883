import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { Counters } from "../core/counters.ts";
import type { ModeSwitch } from "../core/mode-switch.ts";
import { Patience } from "../core/patience.ts";
import { TokenGate } from "../core/token-gate.ts";
import type { InvalidReply, Ledger, Run } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import { parseUsd } from "../pricing/usd.ts";
import type { Provider } from "../providers/provider.ts";
import { Admission } from "../stages/admit.ts";
import { createReask } from "../stages/reask.ts";
import type { AnswerRowsOptions } from "./answer-rows.ts";
import { chunkLimits } from "./chunk-limits.ts";
import { liveOptions } from "./live-asking.ts";
import { apiKeyIdOf, type Money, openBudget } from "./money.ts";
import { wholeOverhead } from "./overhead.ts";
import type { Question } from "./question.ts";
import type { GradeSettings, RunHost } from "./settings.ts";
import type { StrategyRun } from "./strategy.ts";

/** What asking takes. */
export interface AskingParts {
  readonly settings: GradeSettings;
  readonly host: RunHost;
  readonly question: Pick<Question, "endpoint" | "request" | "tokenizer" | "contextWindow" | "check">;
  readonly provider: Provider;
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly money: Money;
  readonly modeSwitch: ModeSwitch;
  /** What answers live requests in the place of the provider. */
  readonly strategy: StrategyRun | undefined;
}

/** One execution of a run. */
interface Execution {
  readonly run: Run;
  readonly results: ResultReader;
  /** How long a run waits that never goes live; by its settings when undefined. */
  readonly patience?: Patience;
}

/** What a chunk of the run may hold, with what earlier runs have learned of the provider. */
export function runChunkLimits({ settings, provider, question, ledger, host }: AskingParts): ChunkLimits {
  const learned = ledger.tokenLimit(provider.identity, question.request.model);
  const enqueuedTokens = settings.enqueuedTokens ?? learned ?? Number.POSITIVE_INFINITY;
  return chunkLimits(settings, { ...provider.limits, enqueuedTokens }, host.log);
}

/** How a run asks: the options of everything between the count stage and the waiting room. */
export function askingOptions(
  parts: AskingParts,
  execution: Execution,
): Pick<AnswerRowsOptions, "chunk" | "batch" | "live" | "maxBatches"> {
  const { settings, host } = parts;
  const patience = execution.patience ?? patienceOf(settings, host);
  const { modeSwitch } = parts;
  const untilLive = execution.patience ?? patienceOf(settings, host, modeSwitch.liveFrom);
  const settling = { ...settlingOptions(parts), costOf: parts.money.costOf };
  const limits = runChunkLimits(parts);
  const { maxBatches } = settings;
  return {
    chunk: {
      ...chunkOptions(parts),
      ...moneyOptions(parts, execution.run),
      limits,
      overheadTokens: learnedOverhead(parts),
      patience,
      reask: reaskOf(parts, { ...execution, limits }),
    },
    batch: {
      ...batchOptions(parts),
      ...settling,
      modeSwitch,
      patience: untilLive,
      waiting: patience,
      admission: admissionOf(parts, { ...execution, patience: untilLive }),
    },
    live: liveOptions(parts, { settling, patience }),
    maxBatches,
  };
}

/** Input tokens of each request beside those that are counted, as the provider has billed earlier ones. */
export function learnedOverhead({ ledger, provider, question }: AskingParts): number {
  const { endpoint, request } = question;
  const mean = ledger.meanOverhead({ provider: provider.identity, endpoint: endpoint.path, model: request.model });
  return wholeOverhead(mean) ?? 0;
}

function moneyOptions({ settings, host, question, ledger, money }: AskingParts, run: Run) {
  const { maxCost, tokenLimit } = settings;
  const limits = { maxCost: maxCost === undefined ? undefined : parseUsd(maxCost.toFixed(12)), tokenLimit };
  return {
    budget: openBudget(limits, money, { ledger, run, model: question.request.model, log: host.log }),
    estimate: money.estimate,
    isPriced: money.isPriced,
    apiKeyId: apiKeyIdOf(host.apiKey),
  };
}

/** How long a run waits, from now on. @param until When it ends at the latest, in milliseconds since the Unix epoch. */
export function patienceOf({ detach, wait }: GradeSettings, { clock }: RunHost, until?: number): Patience {
  const waitMs = wait === undefined ? undefined : wait * 1000;
  return new Patience(clock, detach ? (waitMs ?? 0) : waitMs, until);
}

function chunkOptions({ host: { clock, log }, question, provider, counters, modeSwitch }: AskingParts) {
  const { firstMs, maxMs } = provider.poll;
  return {
    provider: provider.identity,
    endpoint: question.endpoint.path,
    model: question.request.model,
    mode: () => modeSwitch.mode,
    backoff: { firstMs, factor: 2, maxMs: maxMs * 5, jitter: 0.5 },
    counters,
    clock,
    log,
  };
}

function reaskOf(
  { settings, question, provider, ledger }: AskingParts,
  { results, limits }: Execution & { limits: ChunkLimits },
) {
  const { endpoint, tokenizer, contextWindow = Number.POSITIVE_INFINITY } = question;
  const most = { bytes: limits.bytes, tokens: Math.min(limits.tokens, contextWindow) };
  const models = {
    first: question.request.model,
    next: settings.escalate ?? [],
    of: ({ result }: InvalidReply) => ledger.chunk(ledger.resultFile(result.fileId).chunkId).model,
  };
  return createReask({ endpoint, provider: provider.identity, tokenizer, results, models, limits: most });
}

function admissionOf(parts: AskingParts, { run, patience }: Execution & { patience: Patience }): Admission {
  const { settings, ledger, question, provider, host } = parts;
  const { maxBatches, enqueuedTokens, batchesPerHour = provider.limits.batchesPerHour } = settings;
  const { clock, log, signal } = host;
  return new Admission({
    ledger,
    run,
    provider: provider.identity,
    model: question.request.model,
    limits: { maxBatches, enqueuedTokens, batchesPerHour },
    patience,
    clock,
    log,
    signal,
  });
}

function settlingOptions({ settings: { retries }, host: { log }, question, ledger, counters }: AskingParts) {
  const { endpoint, check } = question;
  return { ledger, endpoint, check, retries, counters, log };
}

function batchOptions({ settings, host: { clock, log }, provider, counters }: AskingParts) {
  const { pollInterval, keepRemote } = settings;
  return {
    provider,
    counters,
    clock,
    log,
    intervalMs: pollInterval === undefined ? undefined : pollInterval * 1000,
    keepRemote,
    transfers: new TokenGate(1),
  };
}
