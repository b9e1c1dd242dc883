import type { Failure, Fields } from "../core/records.ts";
import { nearest } from "../core/registry.ts";

/** Names and fields that are looked through for a misspelling; a hostile row may have any number of any length. */
const MAX_CANDIDATES = 200;
const MAX_NAME_LENGTH = 64;

/** A template cannot be rendered over this row. The row fails, the run goes on. */
export class RowTemplateError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = new.target.name;
    this.failure = failure;
  }
}

/** A template needs a field that the row does not have. */
export class MissingFieldError extends RowTemplateError {
  /** The name as the template has it (`row.question`). */
  readonly variable: string;
  /** The field's name, or its path (`meta.question`). */
  readonly field: string;

  /**
   * @param fields The row's, to name the nearest one.
   * @param why What needs it, in a few words: `needed at prompts.yaml:4:7`.
   */
  constructor(variable: string, fields: Fields, why: string) {
    const field = variable.replace(/^row\.(?=.)/, "");
    const near = nearestField(field, fields);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    super({ code: "missing_field", message: `the row has no field "${clip(field)}" (${why})${hint}` });
    this.variable = variable;
    this.field = field;
  }
}

function nearestField(field: string, fields: Fields): string | undefined {
  if (field.length > MAX_NAME_LENGTH) return undefined;
  const candidates: string[] = [];
  for (const name in fields) {
    if (name.length <= MAX_NAME_LENGTH) candidates.push(name);
    if (candidates.length === MAX_CANDIDATES) break;
  }
  return nearest(field, candidates);
}

function clip(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
}
