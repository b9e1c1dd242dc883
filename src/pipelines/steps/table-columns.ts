import { META_FIELDS } from "../../core/added-answer.ts";
import { topLevelEntries } from "../../core/json-text.ts";
import type { AnsweredRow, Row } from "../../core/records.ts";
import { objectText } from "../../core/respell.ts";
import { prepareQuestion } from "../question.ts";
import type { RunHost } from "../settings.ts";
import type { PlannedAsking, PlannedStep } from "./plan.ts";
import { isErrorField } from "./row-step.ts";
import { answeredRowOf } from "./row-text.ts";

/** A field that a step has added, and the columns that it fills in a table. */
interface AddedColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Failed rows that a good one is waited for. */
const MOST_FAILED = 1_000;

/**
 * The columns of the table that a pipeline writes: those of the first good row that comes out, then those of answers and
 * errors. Where none comes out, or not for long, those that the input's columns have become.
 */
export class TableColumns {
  readonly #steps: readonly PlannedStep[];
  readonly #added: readonly AddedColumns[];
  readonly #known = Promise.withResolvers<readonly string[]>();

  private constructor(steps: readonly PlannedStep[], added: readonly AddedColumns[]) {
    this.#steps = steps;
    this.#added = added;
  }

  static async of(steps: readonly PlannedStep[], data: RunHost["data"]): Promise<TableColumns> {
    let added: readonly AddedColumns[] = [];
    for (const step of steps)
      added = step.kind === "ask" ? [...added, ...(await answerOf(step, data))] : renamed(added, step);
    const hasError = steps.some(({ kind }) => kind === "rows") || added.length === 0;
    return new TableColumns(steps, hasError ? [...added, errorColumns("error")] : added);
  }

  get added(): readonly string[] {
    return this.#added.flatMap(({ columns }) => columns);
  }

  /** The columns of rows, beside those that are added. */
  get columns(): Promise<readonly string[]> {
    return this.#known.promise;
  }

  /** Rows for the encoder, with answers and errors set apart; the first that is good makes the columns known. */
  async *apart(source: AsyncIterable<readonly Row[]>, inputColumns: () => Promise<readonly string[]>) {
    const names = new Set(this.#added.map(({ name }) => name));
    const know = (columns: readonly string[]) => this.#known.resolve(columns.filter((name) => !names.has(name)));
    let failed = 0;
    for await (const rows of source) {
      const readable = rows.filter((row) => row.kind === "row");
      const good = readable.find(({ failure }) => failure === undefined);
      if (good !== undefined) know(Object.keys(good.fields));
      failed += readable.length;
      // A row that could be read has made the input's columns known.
      if (failed > MOST_FAILED) know(this.#columnsAfterSteps(await inputColumns()));
      yield rows.map((row) => setApart(row, names));
    }
    know(this.#columnsAfterSteps(await inputColumns()));
  }

  #columnsAfterSteps(names: readonly string[]): readonly string[] {
    return this.#steps.reduce(
      (columns, plan) =>
        plan.kind === "ask"
          ? columns
          : [...new Set([...columns.flatMap((name) => plan.step.nameAfter(name) ?? []), ...plan.step.adds])],
      names,
    );
  }
}

async function answerOf({ settings }: PlannedAsking, data: RunHost["data"]): Promise<readonly AddedColumns[]> {
  const { outputField, meta } = settings;
  const { columns } = await prepareQuestion(settings, data);
  const metaColumns = META_FIELDS.map((name) => `${outputField}_meta.${name}`);
  return [
    { name: outputField, columns },
    errorColumns(`${outputField}_error`),
    ...(meta ? [{ name: `${outputField}_meta`, columns: metaColumns }] : []),
  ];
}

function errorColumns(name: string): AddedColumns {
  return { name, columns: [`${name}.code`, `${name}.message`] };
}

function renamed(added: readonly AddedColumns[], { step }: PlannedStep & { kind: "rows" }): readonly AddedColumns[] {
  return added.flatMap(({ name, columns }) => {
    const now = step.nameAfter(name);
    if (now === undefined || step.adds.includes(name)) return [];
    return [{ name: now, columns: columns.map((column) => now + column.slice(name.length)) }];
  });
}

function setApart(row: Row, names: ReadonlySet<string>): AnsweredRow {
  const answered = answeredRowOf(row);
  if (answered.row.kind === "bad") return answered;
  const entries = topLevelEntries(answered.row.text);
  const own = entries.filter(([name]) => !names.has(name));
  const text = objectText(own);
  const apart = entries.filter(([name]) => names.has(name));
  const added = apart.map(([name, json]) =>
    isErrorField(name) ? { name, json, isDetail: true as const } : { name, json },
  );
  return { ...answered, row: { ...answered.row, text }, added };
}
