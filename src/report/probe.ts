import type { LabelFigure } from "./labels.ts";
import { formatCount, printable } from "./plain-text.ts";

/** How the answers to a probe set have changed. */
export interface ProbeSummary {
  readonly file: string;
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** The run that asked the set before, and whom; null when none did. */
  readonly previous: { readonly run: number; readonly asked: string; readonly at: string } | null;
  /** Rows that both runs have answered, and those of them with another answer, free text aside. */
  readonly compared: number;
  readonly changed: number;
  /** The answer's field that the figures below are of; null for the answer as a whole, or where none is to be chosen. */
  readonly field: string | null;
  /** Mean of the numbers now, less that of the same rows before. Null where there are none. */
  readonly mean_shift: number | null;
  /** Cohen's kappa of the answers before and now. */
  readonly kappa: LabelFigure | null;
}

/** The lines of the summary. */
export function probeLines(probe: ProbeSummary): string[] {
  const { file, rows, answered, failed, previous, compared } = probe;
  const counts = [
    `${formatCount(rows)} rows of ${printable(file)}`,
    `${formatCount(answered)} answered`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ];
  const first = `probe     ${counts.join(", ")}`;
  if (previous === null) return [first, "          asked for the first time"];
  const { run, asked, at } = previous;
  const since = `since run ${run} of ${at.slice(0, 16).replace("T", " ")} UTC, which asked ${printable(asked)}`;
  if (compared === 0) return [first, `          nothing to compare ${since}`];
  return [first, `          ${changes(probe)}`, `          ${since}`];
}

function changes({ compared, changed, field, mean_shift: shift, kappa }: ProbeSummary): string {
  const name = field ?? "the answer";
  const percent = ((100 * changed) / compared).toFixed(1);
  const interval = kappa?.low == null || kappa.high === null ? "" : ` (${fixed(kappa.low)} to ${fixed(kappa.high)})`;
  const parts = [
    `${formatCount(changed)} of ${formatCount(compared)} answers changed (${percent} %)`,
    ...(shift === null ? [] : [`${printable(name)} by ${shift < 0 ? "" : "+"}${fixed(shift)} on average`]),
    ...(kappa === null ? [] : [`kappa ${fixed(kappa.value)}${interval}`]),
  ];
  return parts.join(", ");
}

function fixed(value: number): string {
  return value.toFixed(3);
}
