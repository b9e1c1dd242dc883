import type { Counters } from "../core/counters.ts";
import type { FailureCode } from "../core/records.ts";

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
  };
  readonly chunks: number;
  readonly batches_submitted: number;
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
  };
  readonly seconds: number;
  readonly exit_status: number;
}

export interface SummaryFacts {
  readonly run: number | null;
  readonly provider: string;
  readonly model: string;
  readonly isDryRun: boolean;
  readonly seconds: number;
  readonly exitStatus: number;
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
      failed: counters.rowsFailedTotal,
      failed_by_code: Object.fromEntries(counters.rowsFailed),
    },
    requests: {
      asked: counters.rowsAsked,
      reused: counters.rowsReused,
      attached: counters.rowsAttached,
      shared: counters.rowsShared,
      asked_again: counters.requestsAskedAgain,
    },
    chunks: counters.chunks,
    batches_submitted: counters.batchesSubmitted,
    tokens: {
      estimated_input: counters.tokensEstimated,
      billed: tokensBilled.input + tokensBilled.output === 0 ? null : { ...tokensBilled },
    },
    seconds: facts.seconds,
    exit_status: facts.exitStatus,
  };
}

/** The summary as lines for people. */
export function formatSummary(summary: Summary): string {
  const lines = summary.dry_run ? dryRunLines(summary) : runLines(summary);
  return lines.map((line) => `${line}\n`).join("");
}

function runLines({ rows, requests, batches_submitted: batches, tokens, seconds }: Summary): string[] {
  const { billed } = tokens;
  return [
    `rows      ${n(rows.read)} read, ${n(rows.answered)} answered, ${n(rows.failed)} failed${codes(rows.failed_by_code)}`,
    `requests  ${sources(requests)}`,
    `batches   ${n(batches)} submitted, in ${seconds.toFixed(1)} s`,
    ...(tokens.estimated_input > 0 ? [`tokens    ${n(tokens.estimated_input)} input estimated`] : []),
    ...(billed === null
      ? []
      : [
          `          ${n(billed.input)} input (${n(billed.cached)} cached) and ${n(billed.output)} output ` +
            `(${n(billed.reasoning)} reasoning) billed`,
        ]),
    ...(rows.skipped > 0 ? [`skipped   ${n(rows.skipped)} failed rows are not in the output`] : []),
  ];
}

function dryRunLines({ rows, requests, chunks, tokens, model, provider }: Summary): string[] {
  return [
    `dry run: nothing was sent to ${provider}`,
    `rows      ${n(rows.read)} read, ${n(rows.failed)} would fail${codes(rows.failed_by_code)}`,
    `requests  ${n(requests.asked)} to ask of ${model}, ${n(requests.reused)} answered already, ` +
      `${n(requests.attached)} in flight, ${n(requests.shared)} equal to another row`,
    `chunks    ${n(chunks)}`,
    `tokens    ${n(tokens.estimated_input)} input, estimated`,
  ];
}

function sources({ asked, reused, attached, shared, asked_again: again }: Summary["requests"]): string {
  const parts = [
    `${n(asked)} asked`,
    `${n(reused)} from the ledger`,
    `${n(shared)} equal to another row`,
    ...(attached > 0 ? [`${n(attached)} in flight already`] : []),
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
