import type * as agreement from "../agreement/agreement.ts";
import { PairCounts } from "../agreement/pair-counts.ts";
import { UsageError } from "../core/errors.ts";
import { parseFields } from "../core/json-text.ts";
import type { AnsweredRow } from "../core/records.ts";
import { nearest } from "../core/registry.ts";
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
  if (labelAnswer !== undefined) checkIsField(labelAnswer, fieldsOf(question, outputField));
  const answers: Fields["answers"] = labelAnswer === undefined ? candidates(question, outputField) : [labelAnswer];
  // Statistics are of no use to other runs.
  return new LabelCheck({ label, answers, outputField }, await import("../agreement/agreement.ts"));
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
  /** The answer's fields that may be compared, the likeliest first: property names joined with dots; null for all of it. */
  readonly answers: readonly [string | null, ...(string | null)[]];
  readonly outputField: string;
}

/** Compares the answers of a run with its rows' labels, and holds nothing of them but counts. */
export class LabelCheck {
  readonly #fields: Fields;
  readonly #agreement: typeof agreement;
  readonly #counts: readonly (readonly [answer: string | null, counts: PairCounts])[];

  constructor(fields: Fields, statistics: typeof agreement) {
    this.#fields = fields;
    this.#agreement = statistics;
    this.#counts = fields.answers.map((answer) => [answer, new PairCounts()]);
  }

  see({ row, added, failure }: AnsweredRow): void {
    const { label, outputField } = this.#fields;
    const labelOfRow = row.kind === "bad" ? undefined : plain(parseFields(row.text)[label]);
    const json = added.find(({ name }) => name === outputField)?.json;
    const given: unknown = failure === undefined && json !== undefined ? JSON.parse(json) : undefined;
    for (const [answer, counts] of this.#counts) counts.add(labelOfRow, valueAt(given, answer));
  }

  summary(): LabelSummary {
    const { agreementOf, CONFIDENCE, RESAMPLES } = this.#agreement;
    const [answer, counts] = this.#chosen();
    const { compared, withoutLabel, withoutAnswer } = counts;
    const { label } = this.#fields;
    const found = agreementOf(counts);
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

  /** Labels that are yes or no are those of the answer's one field that is true or false. */
  #chosen(): readonly [string | null, PairCounts] {
    const [first, ...others] = this.#counts;
    const booleans = this.#counts.filter(([, counts]) => counts.compared > 0 && counts.areAnswersBoolean);
    const [only] = booleans;
    if (only !== undefined && booleans.length === 1 && only[1].areLabelsBoolean && others.length > 0) return only;
    return first ?? [null, new PairCounts()];
  }
}

const MAX_CANDIDATES = 8;

/** What of the answer the label may be of: the field that is to be expected, and those that are true or false. */
function candidates(question: Question, outputField: string): Fields["answers"] {
  if (question.check === undefined) return [null];
  const first = soleField(question, outputField);
  const booleans = question.scores.filter(({ values }) => values?.every((value) => typeof value === "boolean"));
  const others = booleans.map(({ path }) => path.join(".")).filter((field) => field !== first);
  return [first, ...others.slice(0, MAX_CANDIDATES)];
}

/** The field that is not free text, where there is one; else `score`; undefined where there is neither. */
export function mainField(question: Question, outputField: string): string | undefined {
  const fields = fieldsOf(question, outputField);
  const compared = fields.filter((field) => !question.freeText.has(field));
  const [only, another] = compared.length === 0 ? fields : compared;
  if (only !== undefined && another === undefined) return only;
  return fields.includes("score") ? "score" : undefined;
}

function soleField(question: Question, outputField: string): string {
  const field = mainField(question, outputField);
  if (field !== undefined) return field;
  throw new UsageError("--label does not say which field of the answer it is the label of", {
    hint: `Name it with --label-answer FIELD: ${fieldsOf(question, outputField).join(", ")}.`,
  });
}

/** The answer's fields, by their columns in a table; those that the schema names where the answer is one column. */
function fieldsOf({ columns, scores, freeText }: Question, outputField: string): readonly string[] {
  const inTable = columns.filter((column) => column !== outputField);
  if (inTable.length > 0) return inTable.map((column) => column.slice(outputField.length + 1));
  return [...freeText, ...scores.map(({ path }) => path.join("."))].filter((field) => field !== "");
}

/** What lies within a field, or around some, is one, too. */
function checkIsField(name: string, fields: readonly string[]): void {
  const isNear = (field: string) => field === name || field.startsWith(`${name}.`) || name.startsWith(`${field}.`);
  if (fields.length > 0 && !fields.some(isNear)) throw noSuchField(name, fields);
}

function noSuchField(name: string, fields: readonly string[]): UsageError {
  const near = nearest(name, fields);
  return new UsageError(`--label-answer ${name} is no field of the answer`, {
    hint: `${near === undefined ? "" : `Did you mean ${near}? `}Its fields are ${fields.join(", ")}.`,
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
  if (typeof value !== "object" || value === null) return undefined;
  // A name may hold a dot itself.
  if (Object.hasOwn(value, path)) return (value as Readonly<Record<string, unknown>>)[path];
  const dot = path.indexOf(".");
  return dot === -1 ? undefined : valueAt(valueAt(value, path.slice(0, dot)), path.slice(dot + 1));
}

/** A number that keeps its spelling is one all the same. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
