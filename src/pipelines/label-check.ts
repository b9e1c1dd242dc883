import type * as agreement from "../agreement/agreement.ts";
import { PairCounts } from "../agreement/pair-counts.ts";
import { UsageError } from "../core/errors.ts";
import { parseFields } from "../core/json-text.ts";
import type { AnsweredRow } from "../core/records.ts";
import type { LabelSummary } from "../report/labels.ts";
import type { Step } from "./answer-rows.ts";
import type { Question } from "./question.ts";
import type { GradeSettings } from "./settings.ts";

type LabelSettings = Pick<GradeSettings, "label" | "labelAnswer" | "outputField" | "samples" | "judge">;

/**
 * Prepares the comparison of answers with labels.
 *
 * @returns undefined when it is not asked for
 * @throws {UsageError} when it is not clear what of the answer is to be compared
 */
export async function openLabelCheck(settings: LabelSettings, question: Question): Promise<LabelCheck | undefined> {
  const { label, labelAnswer, outputField } = settings;
  if (label === undefined && labelAnswer === undefined) return undefined;
  if (label === undefined) throw noLabel();
  const answer = labelAnswer ?? (question.check === undefined ? null : soleField(question, outputField));
  // Statistics are of no use to other runs.
  return new LabelCheck({ label, answer, outputField }, await import("../agreement/agreement.ts"));
}

/** The steps that let rows out, and show each to the comparison. */
export function labelled<In>(check: LabelCheck | undefined, merge: Step<In, AnsweredRow>): Step<In, AnsweredRow> {
  if (check === undefined) return merge;
  return (items) => {
    const rows = merge(items);
    for (const row of rows) check.see(row);
    return rows;
  };
}

interface Fields {
  readonly label: string;
  /** Property names joined with dots; null for the answer as a whole. */
  readonly answer: string | null;
  readonly outputField: string;
}

/** Compares the answers of a run with its rows' labels, and holds nothing of them but counts. */
export class LabelCheck {
  readonly #fields: Fields;
  readonly #agreement: typeof agreement;
  readonly #counts = new PairCounts();

  constructor(fields: Fields, statistics: typeof agreement) {
    this.#fields = fields;
    this.#agreement = statistics;
  }

  see({ row, added, failure }: AnsweredRow): void {
    const { label, answer, outputField } = this.#fields;
    const labelOfRow = row.kind === "bad" ? undefined : plain(parseFields(row.text)[label]);
    const json = added.find(({ name }) => name === outputField)?.json;
    const given = failure === undefined && json !== undefined ? valueAt(JSON.parse(json), answer) : undefined;
    this.#counts.add(labelOfRow, given);
  }

  summary(): LabelSummary {
    const { agreementOf, CONFIDENCE, RESAMPLES } = this.#agreement;
    const { compared, withoutLabel, withoutAnswer } = this.#counts;
    const { label, answer } = this.#fields;
    const found = agreementOf(this.#counts);
    const figures = found?.figures;
    return {
      label,
      answer,
      compared,
      without_label: withoutLabel,
      without_answer: withoutAnswer,
      scale: found === undefined ? null : found.isOrdinal ? "ordinal" : "nominal",
      same_scale: found?.isSameScale ?? null,
      values: found?.confusion === undefined ? null : found.values,
      confusion: found?.confusion ?? null,
      accuracy: figures?.accuracy ?? null,
      kappa: figures?.kappa ?? null,
      kappa_linear: figures?.kappaLinear ?? null,
      kappa_quadratic: figures?.kappaQuadratic ?? null,
      spearman: figures?.spearman ?? null,
      bootstrap: { resamples: RESAMPLES, confidence: CONFIDENCE },
    };
  }
}

/** The field that is not free text, where there is one; else `score`; undefined where there is neither. */
export function mainField({ columns, freeText }: Question, outputField: string): string | undefined {
  const fields = columns.map((column) => column.slice(outputField.length + 1));
  const compared = fields.filter((field) => !freeText.has(field));
  const [only, another] = compared.length === 0 ? fields : compared;
  if (only !== undefined && another === undefined) return only;
  return fields.includes("score") ? "score" : undefined;
}

function soleField(question: Question, outputField: string): string {
  const field = mainField(question, outputField);
  if (field !== undefined) return field;
  const fields = question.columns.map((column) => column.slice(outputField.length + 1));
  throw new UsageError("--label does not say which field of the answer it is the label of", {
    hint: `Name it with --label-answer FIELD: ${fields.join(", ")}.`,
  });
}

function noLabel(): UsageError {
  return new UsageError("--label-answer names what is compared with a label, and no label is given", {
    hint: "Name the row's field with --label FIELD.",
  });
}

/** A property of an answer. @param path Property names joined with dots; null for the answer as a whole. */
export function valueAt(value: unknown, path: string | null): unknown {
  if (path === null) return value;
  let current = value;
  for (const name of path.split(".")) {
    const isObject = typeof current === "object" && current !== null && Object.hasOwn(current, name);
    current = isObject ? (current as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  return current;
}

/** A number that keeps its spelling is one all the same. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
