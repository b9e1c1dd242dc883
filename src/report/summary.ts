import type { Counters } from "../core/counters.ts";
import type { FailureCode } from "../core/records.ts";
import type { Distribution } from "../core/scores/distribution.ts";
import { errorPercent, formatErrorPercent } from "./estimate-error.ts";
import { type JudgingSummary, judgingLines } from "./judging.ts";
import { type LabelSummary, labelLines } from "./labels.ts";
import { type ProbeSummary, probeLines } from "./probe.ts";
import { scoreLines } from "./score-lines.ts";
import { type StepSummary, stepLine } from "./step-summary.ts";

/** What a run did, as `--summary FILE` has it. */
export interface Summary {
  readonly run: number | null;
  readonly provider: string;
  readonly model: string;
  readonly dry_run: boolean;
  readonly rows: {
    readonly read: number;
    readonly written: number;
    /** Left out of the output, as `--on-error skip` asks. */
    readonly skipped: number;
    readonly answered: number;
    /** Of them, those whose answer was no JSON as it came, and could be mended without a loss. */
    readonly repaired: number;
    readonly failed: number;
    readonly failed_by_code: Readonly<Partial<Record<FailureCode, number>>>;
  };
  /** Where the rows' answers came from. */
  readonly requests: {
    /** Asked for the first time in this execution. */
    readonly asked: number;
    /** Taken from the ledger. */
    readonly reused: number;
    /** In flight already, from an earlier execution or another process. */
    readonly attached: number;
    /** Rows equal to another row of the run, answered together with it. */
    readonly shared: number;
    /** Asked once more after a try without an answer. */
    readonly asked_again: number;
    /** Not asked, because the budget did not admit them. */
    readonly refused: number;
  };
  readonly chunks: number;
  readonly batches_submitted: number;
  /** Calls over the ordinary endpoint. */
  readonly live: {
    readonly calls: number;
    /** Turned away for now. */
    readonly rate_limited: number;
    /** Without an answer, or with a server error. */
    readonly unavailable: number;
  };
  readonly tokens: {
    /** Input tokens of what was asked, counted before. */
    readonly estimated_input: number;
    /** What the provider says it used, for the batches collected in this execution. Null when there were none. */
    readonly billed: {
      readonly input: number;
      readonly cached: number;
      readonly output: number;
      readonly reasoning: number;
    } | null;
    /**
     * How far the estimate was off, in percent of what was billed, over those batches every request of which was billed;
     * above 0 when it was too high. Null when there were none.
     */
    readonly input_error_percent: number | null;
  };
  /** Pico-dollars here, exact dollars in JSON (`stringifyWithUsd`). Null where a price is not known. */
  readonly cost: {
    /** What was asked in this execution was expected to cost. */
    readonly estimated_usd: bigint | null;
    /** What the provider's usage comes to, for the batches collected in this execution. */
    readonly billed_usd: bigint | null;
    /** What rows answered from the ledger, or together with an equal row, would have cost. */
    readonly saved_usd: bigint | null;
  };
  /** How the answers' numbers, booleans and enums are distributed, over all rows that came out answered. */
  readonly scores: readonly Distribution[];
  /** Null where each row had one answer. */
  readonly judging: JudgingSummary | null;
  /** Answered rows of a pairwise prompt, by whether both orders said the same; null for other prompts. */
  readonly pairs: PairsSummary | null;
  /** Null without `--label`. */
  readonly labels: LabelSummary | null;
  /** Null without `--probe`. */
  readonly probe: ProbeSummary | null;
  readonly seconds: number;
  readonly exit_status: number;
  /** What went through each step of a pipeline, in the order of its file. */
  readonly steps?: readonly StepSummary[];
}

export interface PairsSummary {
  readonly consistent: number;
  readonly inconsistent: number;
}

export interface SummaryFacts {
  readonly run: number | null;
  readonly provider: string;
  readonly model: string;
  readonly isDryRun: boolean;
  readonly seconds: number;
  readonly exitStatus: number;
  /** Whether the model's price is known. */
  readonly isPriced: boolean;
  /** Of the answers of this run alone, where others count beside it. */
  readonly scores?: readonly Distribution[];
  readonly judging?: JudgingSummary | undefined;
  readonly pairs?: PairsSummary | undefined;
  readonly labels?: LabelSummary | undefined;
  readonly probe?: ProbeSummary | undefined;
}

/** Puts the counters of a run into the summary's shape. */
export function summarise(counters: Counters, facts: SummaryFacts): Summary {
  const { tokensBilled } = counters;
  return {
    run: facts.run,
    provider: facts.provider,
    model: facts.model,
    dry_run: facts.isDryRun,
    rows: {
      read: counters.rowsRead,
      written: counters.rowsWritten,
      skipped: counters.rowsSkipped,
      answered: counters.rowsAnswered,
      repaired: counters.rowsRepaired,
      failed: counters.rowsFailedTotal,
      failed_by_code: Object.fromEntries(counters.rowsFailed),
    },
    requests: {
      asked: counters.rowsAsked,
      reused: counters.rowsReused,
      attached: counters.rowsAttached,
      shared: counters.rowsShared,
      asked_again: counters.requestsAskedAgain,
      refused: counters.requestsRefused,
    },
    chunks: counters.chunks,
    batches_submitted: counters.batchesSubmitted,
    live: { calls: counters.liveCalls, ...counters.liveFailures },
    tokens: {
      estimated_input: counters.tokensEstimated,
      billed: tokensBilled.input + tokensBilled.output === 0 ? null : { ...tokensBilled },
      input_error_percent: errorPercent(counters.inputCompared),
    },
    cost: costsIn(counters, facts),
    scores: facts.scores ?? counters.scores,
    judging: facts.judging ?? null,
    pairs: facts.pairs === undefined ? null : { ...facts.pairs },
    labels: facts.labels ?? null,
    probe: facts.probe ?? null,
    seconds: facts.seconds,
    exit_status: facts.exitStatus,
  };
}

function costsIn(counters: Counters, { isPriced }: SummaryFacts): Summary["cost"] {
  const { costEstimated, costBilled, costOfRows, costOfAnswers, repliesUnpriced } = counters;
  const isKnown = isPriced && repliesUnpriced === 0;
  const saved = costOfRows - costOfAnswers;
  return {
    estimated_usd: isPriced ? costEstimated : null,
    billed_usd: isKnown ? costBilled : null,
    saved_usd: isKnown ? (saved > 0n ? saved : 0n) : null,
  };
}

/**
 * The summary as lines for people.
 *
 * @param usd Writes an amount of pico-dollars.
 * @param width Columns that a histogram may take.
 */
export function formatSummary(summary: Summary, usd: DisplayUsd, width = 80): string {
  const lines = summary.dry_run
    ? dryRunLines(summary, usd)
    : [...runLines(summary, usd), ...scoreLines(summary.scores, width)];
  return lines.map((line) => `${line}\n`).join("");
}

type DisplayUsd = (amount: bigint | undefined) => string;

function runLines(summary: Summary, usd: DisplayUsd): string[] {
  const { rows, requests, judging, pairs, labels, probe } = summary;
  const asks = summary.steps === undefined || summary.steps.some(({ run }) => run !== null);
  const done = asks ? answeredText(rows) : `${n(rows.written)} written`;
  return [
    `rows      ${n(rows.read)} read, ${done}, ${n(rows.failed)} failed${codes(rows.failed_by_code)}`,
    ...(asks ? [`requests  ${sources(requests)}`, ...waysLines(summary)] : []),
    ...tokenLines(summary.tokens),
    ...costLines(summary, usd),
    ...(judging === null ? [] : judgingLines(judging, usd)),
    ...(pairs === null
      ? []
      : [`pairs     ${n(pairs.consistent)} the same in both orders, ${n(pairs.inconsistent)} not`]),
    ...(labels === null ? [] : labelLines(labels)),
    ...(probe === null ? [] : probeLines(probe)),
    ...(summary.steps ?? []).map(stepLine),
    ...(rows.skipped > 0 ? [`skipped   ${n(rows.skipped)} failed rows are not in the output`] : []),
  ];
}

function answeredText({ answered, repaired }: Summary["rows"]): string {
  return `${n(answered)} answered${repaired === 0 ? "" : ` (${n(repaired)} repaired)`}`;
}

function tokenLines({ estimated_input: estimated, billed, input_error_percent: error }: Summary["tokens"]): string[] {
  const lines = [
    ...(estimated > 0 ? [`${n(estimated)} input estimated`] : []),
    ...(billed === null
      ? []
      : [
          `${n(billed.input)} input (${n(billed.cached)} cached) and ${n(billed.output)} output ` +
            `(${n(billed.reasoning)} reasoning) billed`,
        ]),
    ...(error === null ? [] : [`the estimate of the input is off by ${formatErrorPercent(error)}`]),
  ];
  return lines.map((line, index) => `${index === 0 ? "tokens    " : "          "}${line}`);
}

/** By which way it was asked. */
function waysLines({ batches_submitted: batches, live, seconds }: Summary): string[] {
  const troubles = [
    ...(live.rate_limited > 0 ? [`${n(live.rate_limited)} turned away for now`] : []),
    ...(live.unavailable > 0 ? [`${n(live.unavailable)} without an answer`] : []),
  ];
  const calls = `${n(live.calls)} calls${troubles.length === 0 ? "" : ` (${troubles.join(", ")})`}`;
  const duration = `in ${seconds.toFixed(1)} s`;
  if (live.calls === 0) return [`batches   ${n(batches)} submitted, ${duration}`];
  if (batches === 0) return [`live      ${calls}, ${duration}`];
  return [`batches   ${n(batches)} submitted`, `live      ${calls}, ${duration}`];
}

function costLines({ cost, tokens }: Summary, usd: DisplayUsd): string[] {
  const { estimated_usd: estimated, billed_usd: billed, saved_usd: saved } = cost;
  const parts = [
    ...(tokens.estimated_input > 0 ? [`${usd(estimated ?? undefined)} estimated`] : []),
    ...(tokens.billed === null ? [] : [`${usd(billed ?? undefined)} billed`]),
    ...(saved === null || saved === 0n ? [] : [`${usd(saved)} saved`]),
  ];
  return parts.length === 0 ? [] : [`cost      ${parts.join(", ")}`];
}

function dryRunLines({ rows, requests, chunks, tokens, model, provider, cost }: Summary, usd: DisplayUsd): string[] {
  return [
    `dry run: nothing was sent to ${provider}`,
    `rows      ${n(rows.read)} read, ${n(rows.failed)} would fail${codes(rows.failed_by_code)}`,
    `requests  ${n(requests.asked)} to ask of ${model}, ${n(requests.reused)} answered already, ` +
      `${n(requests.attached)} in flight, ${n(requests.shared)} equal to another row`,
    `chunks    ${n(chunks)}`,
    `tokens    ${n(tokens.estimated_input)} input, estimated`,
    `cost      ${usd(cost.estimated_usd ?? undefined)}, estimated`,
  ];
}

function sources({ asked, reused, attached, shared, asked_again: again, refused }: Summary["requests"]): string {
  const parts = [
    `${n(asked)} asked`,
    `${n(reused)} from the ledger`,
    `${n(shared)} equal to another row`,
    ...(attached > 0 ? [`${n(attached)} in flight already`] : []),
    ...(refused > 0 ? [`${n(refused)} not asked, for the budget`] : []),
    ...(again > 0 ? [`${n(again)} asked again`] : []),
  ];
  return parts.join(", ");
}

function codes(byCode: Summary["rows"]["failed_by_code"]): string {
  const parts = Object.entries(byCode).map(([code, count]) => `${n(count)} ${code}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function n(value: number): string {
  return value.toLocaleString("en-US");
}
