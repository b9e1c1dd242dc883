import type { Fields } from "./records.ts";

/** What a function over rows is told, beside the row. */
export interface RowFunctionContext {
  /** What stands under `with` in a pipeline's file, or in the options of `map`. */
  readonly options: Fields;
  /** Aborts when the pipeline ends before its time. */
  readonly signal: AbortSignal;
  /** Where the row stood in the input. */
  readonly file: string;
  readonly line: number;
}

/** What becomes of a row: another row, several, or none at all (`null`, or an empty array). */
export type RowFunctionResult<Out = Fields> = Out | readonly Out[] | null;

/** A function of one row, sync or async: for `map`, and as a module's default export for `use:` in a pipeline's file. */
export type RowFunction<In = Fields, Out = Fields> = (
  row: In,
  context: RowFunctionContext,
) => RowFunctionResult<Out> | PromiseLike<RowFunctionResult<Out>>;

/** @throws {TypeError} for `undefined`: it is a `return` that was forgotten, and no row left out by intent */
export function rowsGiven<Out>(result: RowFunctionResult<Out> | undefined): readonly Out[] {
  if (result === undefined) throw new TypeError("the function gave undefined; return null to leave a row out");
  if (isMany(result)) return result;
  return result === null ? [] : [result];
}

/** Whether the function has yet to end. A promise of another library, or of another realm, is one, too. */
export function isUnderWay<Result>(result: Result | PromiseLike<Result>): result is PromiseLike<Result> {
  return typeof result === "object" && result !== null && "then" in result && typeof result.then === "function";
}

function isMany<Out>(result: RowFunctionResult<Out>): result is readonly Out[] {
  return Array.isArray(result);
}
