import { alignColumns, formatCount, printable } from "./plain-text.ts";

/** How the answers of a run agree with labels. */
export interface LabelSummary {
  /** The row's field, and the answer's; null for the answer as a whole. */
  readonly label: string;
  readonly answer: string | null;
  /** Rows that have both; rows without a label, and rows with a label and no answer to compare with it. */
  readonly compared: number;
  readonly without_label: number;
  readonly without_answer: number;
  /** Ordinal when all values are numbers. Null when nothing could be compared. */
  readonly scale: "nominal" | "ordinal" | null;
  /** Whether any value was said by both sides. */
  readonly same_scale: boolean | null;
  /** The table's values, in its order, and its rows: one for each label, with a count for each answer. */
  readonly values: readonly (number | string | boolean)[] | null;
  readonly confusion: readonly (readonly number[])[] | null;
  readonly accuracy: LabelFigure | null;
  readonly kappa: LabelFigure | null;
  /** On ordinal scales only. */
  readonly kappa_linear: LabelFigure | null;
  readonly kappa_quadratic: LabelFigure | null;
  readonly spearman: LabelFigure | null;
  /** What the intervals are made of. */
  readonly bootstrap: { readonly resamples: number; readonly confidence: number };
}

/** A figure, and its bootstrap interval; null where that has none. */
export interface LabelFigure {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A larger table is in the JSON alone. */
const MAX_VALUES_IN_TEXT = 12;
const INDENT = " ".repeat(10);

/** The lines of the summary. */
export function labelLines(labels: LabelSummary): string[] {
  const { label, answer, compared, without_label: unlabelled, without_answer: unanswered } = labels;
  const counts = [
    `${formatCount(compared)} compared: ${answer ?? "the answer"} with ${label}`,
    ...(unlabelled > 0 ? [`${formatCount(unlabelled)} without a label`] : []),
    ...(unanswered > 0 ? [`${formatCount(unanswered)} without an answer`] : []),
  ];
  return [`labels    ${counts.map(printable).join(", ")}`, ...figureLines(labels), ...confusionLines(labels)];
}

function figureLines(labels: LabelSummary): string[] {
  const { compared, scale, same_scale: isSame, bootstrap } = labels;
  if (compared === 0 && labels.without_label > 0) return [`${INDENT}is ${printable(labels.label)} the rows' field?`];
  if (scale === null) return compared === 0 ? [] : [`${INDENT}too many different values to say how they agree`];
  const figures: (readonly [string, LabelFigure | null])[] = [
    ["accuracy", labels.accuracy],
    ["Cohen's kappa", labels.kappa],
    ["  linear weights", labels.kappa_linear],
    ["  quadratic weights", labels.kappa_quadratic],
    ["Spearman's rho", labels.spearman],
  ];
  const shown = scale === "ordinal" ? figures : figures.slice(0, 2);
  const rows = shown.map(([name, figure]) => [name, figure === null ? "-" : decimals(figure.value), interval(figure)]);
  return [
    ...(isSame === false ? [`${INDENT}no value stands on both sides: are they of one scale?`] : []),
    ...alignColumns(rows, { alignment: "lrl", indent: INDENT }),
    `${INDENT}(${100 * bootstrap.confidence} % intervals by ${formatCount(bootstrap.resamples)} bootstrap resamples)`,
  ];
}

function interval(figure: LabelFigure | null): string {
  if (figure?.low == null || figure.high === null) return "";
  return `${decimals(figure.low)} to ${decimals(figure.high)}`;
}

function confusionLines({ values, confusion }: LabelSummary): string[] {
  if (values === null || confusion === null || values.length > MAX_VALUES_IN_TEXT) return [];
  const names = values.map((value) => printable(String(value)));
  const rows = confusion.map((counts, index) => [names[index] ?? "", ...counts.map(formatCount)]);
  const alignment = `l${"r".repeat(values.length)}`;
  return [...alignColumns([["label \\ answer", ...names], ...rows], { alignment, indent: INDENT })];
}

function decimals(value: number): string {
  return value.toFixed(3);
}
