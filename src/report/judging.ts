import { formatCount as n } from "./plain-text.ts";

/** How the judges of a run answered. Money as in the summary. */
export interface JudgingSummary {
  readonly judges: readonly JudgeSummary[];
  /** Rows with two answers or more, by whether these agreed in every field that is compared. */
  readonly rows_agreed: number;
  readonly rows_disagreed: number;
  /** Of them, rows in which a majority had to be chosen among several. */
  readonly rows_tied: number;
  /** Answered rows that lack an answer. */
  readonly rows_partly: number;
}

/** One judge, or the samples of one model. */
export interface JudgeSummary {
  readonly model: string;
  readonly samples: number;
  /** Answers to rows, and those that are missing. */
  readonly answered: number;
  readonly failed: number;
  /** Replies that were billed in this execution, and what they come to; null where the price is not known. */
  readonly replies_billed: number;
  readonly billed_usd: bigint | null;
}

/**
 * The lines of the summary.
 *
 * @param usd Writes an amount of pico-dollars.
 */
export function judgingLines(judging: JudgingSummary, usd: (amount: bigint | undefined) => string): string[] {
  const judges = judging.judges.map(
    (judge, index) => `${index === 0 ? "judges   " : "         "} ${judgeText(judge, usd)}`,
  );
  const { rows_agreed: agreed, rows_disagreed: disagreed, rows_tied: tied, rows_partly: partly } = judging;
  const parts = [
    `${n(agreed)} rows agree`,
    `${n(disagreed)} disagree${tied > 0 ? ` (${n(tied)} by a tie)` : ""}`,
    ...(partly > 0 ? [`${n(partly)} lack an answer`] : []),
  ];
  return [...judges, `          ${parts.join(", ")}`];
}

function judgeText(judge: JudgeSummary, usd: (amount: bigint | undefined) => string): string {
  const { model, samples, answered, failed, replies_billed: replies, billed_usd: billed } = judge;
  const parts = [
    `${n(answered)} answered`,
    ...(failed > 0 ? [`${n(failed)} failed`] : []),
    ...(replies > 0 ? [`${usd(billed ?? undefined)} billed`] : []),
  ];
  return `${model}${samples > 1 ? ` × ${samples}` : ""}: ${parts.join(", ")}`;
}
