import { messageOf } from "../../core/errors.ts";
import { topLevelEntries } from "../../core/json-text.ts";
import type { Failure, GoodRow, Row } from "../../core/records.ts";
import { isGood, type RowStep, type StepContext } from "./row-step.ts";
import { type Entry, failedRowOf, placeOf, rowOf } from "./row-text.ts";

/** A row as a stage of the user's own sees it: plain values. */
export type UserRow = Readonly<Record<string, unknown>>;

/** What a stage of the user's own is told, beside the row. */
export interface UserContext {
  /** What stands under `with`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborts when the pipeline stops. */
  readonly signal: AbortSignal;
  /** Where the row stood in the input. */
  readonly file: string;
  readonly line: number;
}

/** What becomes of a row: another row, several, or none at all (`null`, or an empty array). */
export type UserResult = UserRow | readonly UserRow[] | null;

/** A stage of the user's own: a module's default export. */
export type UserStage = (row: UserRow, context: UserContext) => UserResult | Promise<UserResult>;

interface UserStepOptions {
  /** The step's name, for messages. */
  readonly label: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Rows at a time. */
  readonly concurrency: number;
}

/** The step that runs a stage of the user's own over rows, several at a time, and keeps their order. */
export function createUserStep(stage: UserStage, options: UserStepOptions): RowStep {
  const runner = new UserStageRunner(stage, options);
  return {
    apply: (rows, context) => runner.apply(rows, context),
    nameAfter: (name) => name,
    adds: [],
    isForeign: true,
  };
}

class UserStageRunner {
  readonly #stage: UserStage;
  readonly #options: UserStepOptions;

  constructor(stage: UserStage, options: UserStepOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  async apply(rows: readonly Row[], { signal, tally }: StepContext): Promise<readonly Row[]> {
    const done: (readonly Row[])[] = [];
    const queue = rows.entries();
    const work = async () => {
      for (const [index, row] of queue) done[index] = isGood(row) ? await this.#one(row, signal) : [row];
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.concurrency, rows.length) }, work));
    for (const { length } of done) {
      if (length === 0) tally.dropped++;
      else tally.added += length - 1;
    }
    return done.flat();
  }

  async #one(row: GoodRow, signal: AbortSignal): Promise<readonly Row[]> {
    signal.throwIfAborted();
    const { file, line } = row.position;
    try {
      const context = { options: this.#options.options, signal, file, line };
      const result = await this.#stage(JSON.parse(row.text), context);
      return this.#rowsOf(result, row);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return [failedRowOf(row, this.#failure(row, messageOf(error)))];
    }
  }

  #rowsOf(result: unknown, row: GoodRow): readonly GoodRow[] {
    const results: readonly unknown[] = Array.isArray(result) ? result : result === null ? [] : [result];
    return results.map((fields) => {
      if (isPlainObject(fields)) return changedRow(row, fields);
      const given = fields === undefined ? "nothing (return null to drop a row)" : typeof fields;
      throw new TypeError(`a row, an array of rows or null is expected, and it returned ${given}`);
    });
  }

  #failure({ position }: GoodRow, reason: string): Failure {
    return { code: "stage_failed", message: `${placeOf(position)}: ${this.#options.label}: ${reason}` };
  }
}

/** The row with what was changed in it: fields that stay keep their places and their spelling, new ones come behind. */
function changedRow(row: GoodRow, fields: UserRow): GoodRow {
  const own = topLevelEntries(row.text);
  const names = new Set(own.map(([name]) => name));
  const kept = own.flatMap(([name, json]): Entry[] => {
    const now = Object.hasOwn(fields, name) ? JSON.stringify(fields[name]) : undefined;
    if (now === undefined) return [];
    return [[name, now === JSON.stringify(JSON.parse(json)) ? json : now]];
  });
  const added = Object.keys(fields).flatMap((name): Entry[] => {
    const json = names.has(name) ? undefined : JSON.stringify(fields[name]);
    return json === undefined ? [] : [[name, json]];
  });
  const isSame =
    added.length === 0 && kept.length === own.length && kept.every(([, json], at) => json === own[at]?.[1]);
  return isSame ? row : rowOf(row, [...kept, ...added]);
}

function isPlainObject(value: unknown): value is UserRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
