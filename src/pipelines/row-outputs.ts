import type { Counters } from "../core/counters.ts";
import { InputDataError } from "../core/errors.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { createGuard, refuseColumnClash } from "../stages/guard.ts";
import { addedFieldNames, extraColumns } from "../stages/merge.ts";
import type { RowSource } from "../stages/read.ts";
import { type WriteOptions, write } from "../stages/write.ts";
import type { Step } from "./answer-rows.ts";
import type { OpenOutput } from "./outputs.ts";
import { followedBy } from "./peek-rows.ts";
import type { GradeSettings } from "./settings.ts";

export interface RowOutputsOptions extends Pick<WriteOptions, "onError" | "halts"> {
  readonly source: RowSource;
  readonly rows: OpenOutput;
  readonly errors: OpenOutput | undefined;
  /** The fields that are added to a row, and the columns they fill in a table. */
  readonly addedFields: readonly string[];
  readonly addedColumns: readonly string[];
  readonly counters: Counters;
  readonly signal: AbortSignal;
}

/** Rows that are held until the columns of a table are known: all of them could not be read. */
const MAX_HELD_ROWS = 10_000;

/** The outputs of a filter that reads rows and writes them in one go, from front to back. */
export class RowOutputs {
  readonly #options: RowOutputsOptions;
  readonly #isTable: boolean;
  #columns: readonly string[] | undefined;

  constructor(options: RowOutputsOptions) {
    this.#options = options;
    this.#isTable = options.rows.format.isTable || options.errors?.format.isTable === true;
    void options.source.columns.then(
      (columns) => (this.#columns = columns),
      () => {},
    );
  }

  /** The guard stage, for what will be written. */
  guard(): Step<Row, Row> {
    const { addedFields, addedColumns } = this.#options;
    if (!this.#isTable) return createGuard({ addedFields, columns: undefined });
    return createGuard({ addedFields: [...addedFields, ...addedColumns], columns: () => this.#columns });
  }

  /** Writes the rows, and makes the outputs final. */
  async write(rows: AsyncIterable<readonly AnsweredRow[]>): Promise<void> {
    const { rows: rowsOutput, errors: errorsOutput, addedColumns, onError, halts, counters, signal } = this.#options;
    try {
      const source = this.#isTable ? await this.#awaitColumns(rows) : rows;
      const options = { columns: this.#columns ?? [], addedColumns };
      if (this.#isTable) refuseColumnClash(options);
      const errors = errorsOutput?.sink(options);
      await write(source, { rows: rowsOutput.sink(options), errors, onError, halts, counters, signal });
    } catch (error) {
      await rowsOutput.abandon();
      await errorsOutput?.abandon();
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** Reads ahead until the columns are known. */
  async #awaitColumns(rows: AsyncIterable<readonly AnsweredRow[]>): Promise<AsyncIterable<readonly AnsweredRow[]>> {
    const iterator = rows[Symbol.asyncIterator]();
    const held: (readonly AnsweredRow[])[] = [];
    for (let count = 0; this.#columns === undefined; ) {
      const { value, done } = await iterator.next();
      if (done === true) break;
      held.push(value);
      count += value.length;
      if (count > MAX_HELD_ROWS) throw noColumns();
    }
    return followedBy(held, iterator);
  }
}

/** What answers and errors add to a row. */
export function answerFields(
  { outputField, meta }: Pick<GradeSettings, "outputField" | "meta">,
  answerColumns: readonly string[],
): Pick<RowOutputsOptions, "addedFields" | "addedColumns"> {
  const addedColumns = [...answerColumns, ...extraColumns(outputField, meta)];
  return { addedFields: addedFieldNames(outputField, meta), addedColumns };
}

function noColumns(): InputDataError {
  return new InputDataError(`none of the first ${MAX_HELD_ROWS} rows can be read, so that a table has no columns`, {
    hint: "Is that the input's format? --input-format names it; --output-format jsonl needs no columns.",
  });
}
