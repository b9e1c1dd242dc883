import { failedRow } from "../core/added-answer.ts";
import { UsageError } from "../core/errors.ts";
import { spliceFields, topLevelEntries } from "../core/json-text.ts";
import type { AddedField, Position } from "../core/records.ts";
import { ANSWER_FIELD } from "../pipelines/ask-requests.ts";
import { addedFieldNames, extraColumns } from "../stages/merge.ts";
import type { Asking, FailedItem, Item, Items, Notes } from "./flow.ts";
import { originOf, positionOf, setOrigin, spell } from "./origin.ts";
import type { Answered, RequestResult } from "./requests.ts";
import { createStage, type FlowStage } from "./stage.ts";

export interface MergeResultsOptions<Name extends string = "grade"> {
  /** The field that the answer goes into; `grade` when not given. The reason why there is none goes into `NAME_error`. */
  readonly outputField?: Name;
  /** Whether `NAME_meta` says custom_id, batch_id, model, finish_reason, usage, cost_usd and attempts. */
  readonly meta?: boolean;
}

/**
 * A stage that puts answers to their rows, as `bg-pipe grade` writes them. A row that failed has `null` for an answer.
 *
 * @throws {UsageError} from the rows, for a row that has a field of the answer's name
 */
export function mergeResults<Row extends object, const Name extends string = "grade">(
  options: MergeResultsOptions<Name> = {},
): FlowStage<RequestResult<Row>, Answered<Row, Name>> {
  const { outputField = "grade", meta = false } = options;
  return createStage((source, context) => {
    const asking: Asking = { addedFields: addedFieldNames(outputField, meta), answerColumns: [ANSWER_FIELD] };
    const merger = new Merger(outputField, meta);
    return merge<Row, Name>(source({ ...context, asking }), merger, () =>
      announce(context.notes, asking, { outputField, meta }),
    );
  });
}

async function* merge<Row extends object, Name extends string>(
  source: Items<RequestResult<Row>>,
  merger: Merger,
  begin: () => void,
): AsyncGenerator<readonly Item<Answered<Row, Name>>[]> {
  let hasBegun = false;
  for await (const items of source) {
    if (!hasBegun) begin();
    hasBegun = true;
    yield items.map((item) =>
      "value" in item ? merger.answered<Row, Name>(item.value) : merger.failed<Row, Name>(item),
    );
  }
  if (!hasBegun) begin();
}

/** Tells the end of the pipeline which columns a table has. */
function announce(
  notes: Notes,
  { answerColumns }: Asking,
  { outputField, meta }: Required<MergeResultsOptions<string>>,
) {
  const columns = answerColumns.map((name) => outputField + name.slice(ANSWER_FIELD.length));
  notes.answerFields.push(outputField);
  notes.addedColumns.push(...columns, ...extraColumns(outputField, meta));
}

class Merger {
  readonly #outputField: string;
  readonly #meta: boolean;

  constructor(outputField: string, meta: boolean) {
    this.#outputField = outputField;
    this.#meta = meta;
  }

  answered<Row extends object, Name extends string>(result: RequestResult<Row>): Item<Answered<Row, Name>> {
    const { row, ...rest } = result;
    setOrigin(rest, originOf(result));
    const texts = new Map(topLevelEntries(spell(rest)));
    const added = ["", "_error", "_meta"].flatMap((suffix) => this.#field(texts, suffix));
    this.#refuseClash(Object.keys(row));
    return itemOf(spliceFields(spell(row), added), positionOf(row));
  }

  failed<Row extends object, Name extends string>({ row, failure }: FailedItem): Item<Answered<Row, Name>> {
    const { added } = failedRow(row, failure, this.#outputField);
    if (row.kind === "bad") return { row, failure, added };
    this.#refuseClash(topLevelEntries(row.text).map(([name]) => name));
    return itemOf(spliceFields(row.text, added), row.position);
  }

  #field(texts: ReadonlyMap<string, string>, suffix: string): readonly AddedField[] {
    const json = texts.get(`${ANSWER_FIELD}${suffix}`);
    if (json === undefined || (suffix === "_meta" && !this.#meta)) return [];
    return [{ name: `${this.#outputField}${suffix}`, json }];
  }

  #refuseClash(names: readonly string[]): void {
    const clash = addedFieldNames(this.#outputField, this.#meta).find((name) => names.includes(name));
    if (clash === undefined) return;
    throw new UsageError(`the row already has a field "${clash}", which the answer would take`, {
      hint: "Give the answer another name with mergeResults' outputField.",
    });
  }
}

function itemOf<Row>(text: string, position: Position): Item<Row> {
  const value: Row = JSON.parse(text);
  setOrigin(value, { text, position });
  return { value };
}
