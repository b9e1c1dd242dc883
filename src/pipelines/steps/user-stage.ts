import { messageOf } from "../../core/errors.ts";
import { mapOrdered } from "../../core/ordered-map.ts";
import type { Failure, Fields, GoodRow, Row } from "../../core/records.ts";
import { respell } from "../../core/respell.ts";
import { isUnderWay, type RowFunction, rowsGiven } from "../../core/row-function.ts";
import { isGood, type RowStep, type StepContext } from "./row-step.ts";
import { failedRowOf, placeOf, rowOfText } from "./row-text.ts";

interface UserStepOptions {
  /** The step's name, for messages. */
  readonly label: string;
  readonly options: Fields;
  /** Rows at a time. */
  readonly concurrency: number;
}

/** The step that runs a stage of the user's own over rows, several at a time, and keeps their order. */
export function createUserStep(stage: RowFunction, options: UserStepOptions): RowStep {
  const runner = new UserStageRunner(stage, options);
  return {
    apply: (rows, context) => runner.apply(rows, context),
    nameAfter: (name) => name,
    adds: [],
    isForeign: true,
  };
}

class UserStageRunner {
  readonly #stage: RowFunction;
  readonly #options: UserStepOptions;

  constructor(stage: RowFunction, options: UserStepOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  async apply(rows: readonly Row[], { signal, tally }: StepContext): Promise<readonly Row[]> {
    const done: Row[] = [];
    const { concurrency } = this.#options;
    for await (const results of mapOrdered(once(rows), { concurrency, signal }, (row) => this.#one(row, signal))) {
      for (const made of results) {
        if (made.length === 0) tally.dropped++;
        else tally.added += made.length - 1;
        done.push(...made);
      }
    }
    return done;
  }

  #one(row: Row, signal: AbortSignal): readonly Row[] | Promise<readonly Row[]> {
    if (!isGood(row)) return [row];
    const { file, line } = row.position;
    const { options } = this.#options;
    try {
      const result = this.#stage(JSON.parse(row.text), { options, signal, file, line });
      if (!isUnderWay(result)) return changedRows(row, rowsGiven(result));
      return Promise.resolve(result)
        .then((given) => changedRows(row, rowsGiven(given)))
        .catch((error: unknown) => [this.#failed(row, error)]);
    } catch (error) {
      return [this.#failed(row, error)];
    }
  }

  #failed(row: GoodRow, error: unknown): GoodRow {
    return failedRowOf(row, this.#failure(row, messageOf(error)));
  }

  #failure({ position }: GoodRow, reason: string): Failure {
    return { code: "stage_failed", message: `${placeOf(position)}: ${this.#options.label}: ${reason}` };
  }
}

async function* once<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items;
}

function changedRows(row: GoodRow, given: readonly unknown[]): readonly GoodRow[] {
  return given.map((fields) => {
    if (isPlainObject(fields)) return rowOfText(row, respell(row.text, fields));
    throw new TypeError(`a row, an array of rows or null is expected, and it gave ${kindOf(fields)}`);
  });
}

function kindOf(value: unknown): string {
  return value === null || value === undefined
    ? `${value} among rows`
    : Array.isArray(value)
      ? "an array among rows"
      : typeof value;
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
