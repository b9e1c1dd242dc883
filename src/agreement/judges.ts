import type { Combined, FanIn, PartOutcome } from "../core/combine.ts";
import type { Failure } from "../core/records.ts";
import { type AnswerKind, type CombinedAnswer, combineAnswers } from "./combine-answers.ts";
import type { FieldAgreement } from "./votes.ts";

export interface JudgesOptions extends AnswerKind {
  /** Models, in the order in which they are asked. */
  readonly models: readonly string[];
  /** Answers of each. */
  readonly samples: number;
  /** Answers that a row needs at the least. */
  readonly quorum: number;
  /** The field the answer goes into; how the answers agree goes into NAME_agreement. */
  readonly outputField: string;
}

/** How the rows of a run were answered by its judges. */
export interface JudgeCounts {
  /** Rows with two answers or more, by whether these agreed in every field that is compared. */
  agreed: number;
  disagreed: number;
  /** Rows in which a majority had to be chosen among several. */
  tied: number;
  /** Answered rows that lack an answer. */
  partly: number;
  readonly byModel: ReadonlyMap<string, { answered: number; failed: number }>;
}

/** The columns of NAME_agreement in a table. */
const COLUMNS = ["agree", "share", "spread", "tie", "answered", "asked"] as const;

/** Several judges, or several samples of one: their answers become one. Counts as it goes. */
export class Judges implements FanIn {
  readonly labels: FanIn["labels"];
  readonly fields: readonly string[];
  readonly columns: readonly string[];
  readonly counts: JudgeCounts;
  readonly #options: JudgesOptions;
  readonly #field: string;

  constructor(options: JudgesOptions) {
    const { models, samples, outputField } = options;
    this.#options = options;
    this.#field = `${outputField}_agreement`;
    this.fields = [this.#field];
    this.columns = COLUMNS.map((name) => `${this.#field}.${name}`);
    this.labels = models.flatMap((judge) =>
      Array.from({ length: samples }, (_, index) => ({ judge, sample: index + 1 })),
    );
    const byModel = new Map(models.map((model) => [model, { answered: 0, failed: 0 }]));
    this.counts = { agreed: 0, disagreed: 0, tied: 0, partly: 0, byModel };
  }

  readonly combine = (parts: readonly PartOutcome[]): Combined => {
    const answers = parts.flatMap((part) => ("json" in part ? [part.json] : []));
    this.#countParts(parts);
    const failure = this.#failureOf(parts, answers.length);
    const asked = parts.length;
    if (failure !== undefined)
      return { failure, beside: [this.#beside(undefined, { answered: answers.length, asked })] };
    const combined = combineAnswers(answers, this.#options);
    const beside = this.#beside(combined, { answered: answers.length, asked });
    this.#countRow(combined, { answered: answers.length, asked });
    return { json: combined.json, beside: [beside] };
  };

  /** A row that the budget did not admit whole is none of those that are answered: another run asks the rest. */
  #failureOf(parts: readonly PartOutcome[], answered: number): Failure | undefined {
    const failures = parts.flatMap((part) => ("failure" in part ? [part.failure] : []));
    const refused = failures.find(({ code }) => code === "budget_exceeded");
    if (refused !== undefined) return refused;
    const [first] = failures;
    if (first === undefined || answered >= this.#options.quorum) return undefined;
    const message = `${failures.length} of ${parts.length} answers are missing; the first: ${first.message}`;
    return { code: first.code, message };
  }

  #beside(combined: CombinedAnswer | undefined, { answered, asked }: Turnout) {
    const figures = combined === undefined || answered < 2 ? NONE : figuresOf(combined.fields);
    const fields = combined === undefined || answered < 2 ? undefined : this.#fieldsOf(combined);
    const agreement = { ...figures, answered, asked, ...(fields === undefined ? {} : { fields }) };
    return { name: this.#field, json: JSON.stringify(agreement), isDetail: true } as const;
  }

  #fieldsOf({ fields }: CombinedAnswer): Readonly<Record<string, FieldAgreement>> {
    return Object.fromEntries([...fields].map(([path, agreement]) => [path || this.#options.outputField, agreement]));
  }

  #countParts(parts: readonly PartOutcome[]): void {
    for (const [index, part] of parts.entries()) {
      const counts = this.counts.byModel.get(String(this.labels[index]?.["judge"]));
      if (counts === undefined) continue;
      if ("json" in part) counts.answered++;
      else counts.failed++;
    }
  }

  #countRow({ fields }: CombinedAnswer, { answered, asked }: Turnout): void {
    if (answered < asked) this.counts.partly++;
    if (answered < 2) return;
    const { agree, tie } = figuresOf(fields);
    if (agree === true) this.counts.agreed++;
    else if (agree === false) this.counts.disagreed++;
    if (tie) this.counts.tied++;
  }
}

interface Turnout {
  readonly answered: number;
  readonly asked: number;
}

/** One answer agrees with nobody. */
const NONE = { agree: null, share: null, spread: null, tie: false };

/** The worst over all fields; null where there is none of the kind. */
function figuresOf(fields: ReadonlyMap<string, FieldAgreement>) {
  const all = [...fields.values()];
  const spreads = all.flatMap(({ min, max }) => (min === undefined || max === undefined ? [] : [max - min]));
  if (all.length === 0) return NONE;
  return {
    agree: all.every(({ share }) => share === 1),
    share: Math.min(...all.map(({ share }) => share)),
    spread: spreads.length === 0 ? null : Math.max(...spreads),
    tie: all.some(({ tie }) => tie),
  };
}
